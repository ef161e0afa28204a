// A signed link to one waiting task, to send to whoever is to answer it.

import { html, useId, useState } from "../html.js";
import { client } from "../session.js";
import { CopyButton } from "../ui/copy_button.js";
import { Dialog } from "../ui/dialog.js";
import { Problem } from "../ui/problem.js";
import { timeText } from "../ui/time.js";
import { TextField, useAct } from "./act.js";

const SPANS = [
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["", "As long as the task waits"],
];

export function LinkDialog({ task, onClose }) {
  const [busy, problem, act] = useAct();
  const [who, setWho] = useState("");
  const [span, setSpan] = useState("86400");
  const [link, setLink] = useState(null);
  const field = useId();
  const make = async (event) => {
    event.preventDefault();
    const body = { ...(span && { expires_in: Number(span) }), ...(who && { for: who }) };
    const made = await act(() => client.request("POST", task.links.links, body));
    if (made) setLink(made);
  };
  return html`<${Dialog} title=${`A link to answer ${task.state}`} onClose=${onClose}>
    ${
      link
        ? html`<p>
              Whoever has it can answer, without signing in, until ${timeText(link.expires_at)}.
            </p>
            <p class="made-link">
              <input
                readonly
                aria-label="The link"
                value=${link.url}
                onFocus=${(event) => event.currentTarget.select()}
              />
              <${CopyButton} text=${link.url} label="Copy the link" />
            </p>
            <div class="actions"><button type="button" onClick=${onClose}>Done</button></div>`
        : html`<form class="stack" onSubmit=${make}>
            <${TextField}
              label="For whom (optional)"
              value=${who}
              onInput=${setWho}
              maxlength="120"
            />
            <div>
              <label for=${field}>Good for</label>
              <select
                id=${field}
                value=${span}
                onChange=${(event) => setSpan(event.currentTarget.value)}
              >
                ${SPANS.map(([value, title]) => html`<option value=${value}>${title}</option>`)}
              </select>
            </div>
            ${problem && html`<${Problem} problem=${problem} />`}
            <div class="actions">
              <button type="button" onClick=${onClose}>Cancel</button>
              <button class="primary" disabled=${busy}>Make the link</button>
            </div>
          </form>`
    }
  <//>`;
}
