// A field that leads to an execution by its id, its ARN, or the address of its page.

import { html, useId, useState } from "../html.js";
import { go, href } from "../router.js";
import { executionIn } from "./summary.js";

export function OpenExecution() {
  const id = useId();
  const [wrong, setWrong] = useState(false);
  const open = (event) => {
    event.preventDefault();
    const found = executionIn(event.target.elements.execution.value);
    setWrong(!found);
    if (found) go(href.execution(found));
  };
  return html`<form class="open-execution" onSubmit=${open}>
    <label class="visually-hidden" for=${id}>Open an execution by its id or ARN</label>
    <input
      id=${id}
      name="execution"
      type="text"
      autocomplete="off"
      spellcheck="false"
      placeholder="Open by id or ARN"
      aria-invalid=${wrong ? "true" : undefined}
      aria-describedby=${wrong ? `${id}-wrong` : undefined}
      onInput=${() => setWrong(false)}
    />
    <p id=${`${id}-wrong`} role="alert" class="fault">
      ${wrong && "That is no execution: an id reads machine:name, an ARN arn:aws:states:…"}
    </p>
  </form>`;
}
