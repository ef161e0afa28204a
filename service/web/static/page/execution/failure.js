// An error as people read it: its name, what was said, the stack folded.

import { html, memo } from "../html.js";
import { CopyButton } from "../ui/copy_button.js";
import { Json } from "../ui/json.js";
import { readCause } from "./words.js";

/** `title` says whose error it is, where that isn't plain. */
export const Failure = memo(function Failure({ error, cause, caught = false, title = "Error" }) {
  if (!error && !cause) return null;
  const { message, stack, more } = readCause(cause);
  return html`<section class="failure" data-status=${caught ? "CAUGHT" : "FAILED"}>
    <header>
      <h3>${title}</h3>
      <${CopyButton} text=${[error, cause].filter(Boolean).join(": ")} label="Copy the error" />
    </header>
    <p class="failure-name">${error || "No name was given"}</p>
    ${message && html`<p class="failure-message">${message}</p>`}
    ${
      stack &&
      html`<details>
        <summary>Stack</summary>
        <pre tabindex="0" class="code">${stack}</pre>
      </details>`
    }
    ${
      more !== null &&
      html`<details>
        <summary>Cause as it came</summary>
        <${Json} title="Cause" value=${more} level=${4} />
      </details>`
    }
  </section>`;
});
