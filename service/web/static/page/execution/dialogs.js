// Stopping an execution, and starting its state machine again. Loaded when first asked for.

import { html, useEffect, useId, useMemo, useRef, useState } from "../html.js";
import { client } from "../session.js";
import { Dialog } from "../ui/dialog.js";
import { written } from "../ui/json_lines.js";
import { Problem } from "../ui/problem.js";
import { readInput, TextField, useAct } from "./act.js";

export function StopDialog({ id, onClose }) {
  const [busy, problem, act] = useAct();
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const stop = async (event) => {
    event.preventDefault();
    const body = { ...(error && { error }), ...(cause && { cause }) };
    if (await act(() => client.stop(id, body))) onClose();
  };
  return html`<${Dialog} title="Stop this execution?" onClose=${onClose}>
    <p>What runs now is aborted. What it has done stays done.</p>
    <form class="stack" onSubmit=${stop}>
      <${TextField} label="Error (optional)" value=${error} onInput=${setError} maxlength="256" />
      <${TextField} label="Cause (optional)" value=${cause} onInput=${setCause} maxlength="32768" />
      ${problem && html`<${Problem} problem=${problem} />`}
      <div class="actions">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="danger-fill" disabled=${busy}>
          ${busy ? "Stopping…" : "Stop"}
        </button>
      </div>
    </form>
  <//>`;
}

/** Starts again with the input it had, edited or not. */
export function AgainDialog({ id, execution, onClose, onStarted }) {
  const known = execution.input !== undefined && !execution.input_truncated;
  const before = useMemo(() => (known ? written(execution.input ?? null) : ""), []);
  const [text, setText] = useState(before);
  const [name, setName] = useState("");
  const keyOf = useKeys();
  const [busy, problem, act] = useAct();
  const field = useId();
  const area = useRef();
  useEffect(() => toBeginning(area.current), []);
  const start = async (event) => {
    event.preventDefault();
    const started = await act(() => {
      const input = known && text === before ? {} : { input: readInput(text) };
      const idempotencyKey = keyOf(`${name} ${text}`);
      return client.replay(id, { ...input, ...(name && { name }), idempotencyKey });
    });
    if (started) {
      onClose();
      onStarted(started);
    }
  };
  return html`<${Dialog} title=${`Start ${execution.state_machine} again`} onClose=${onClose}>
    <form class="stack" onSubmit=${start}>
      <div>
        <label for=${field}>Input (JSON)</label>
        <textarea
          id=${field}
          ref=${area}
          class="code"
          rows="14"
          spellcheck="false"
          required
          value=${text}
          onInput=${(event) => setText(event.currentTarget.value)}
        ></textarea>
        <p class="quiet">${
          known
            ? text === before ? "As it was." : "Edited."
            : "AWS doesn't show the whole input any more: write it anew."
        }</p>
      </div>
      <${TextField}
        label="Name (optional)"
        value=${name}
        onInput=${setName}
        maxlength="80"
      />
      ${problem && html`<${Problem} problem=${problem} />`}
      <div class="actions">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="primary" disabled=${busy}>
          ${busy ? "Starting…" : "Start again"}
        </button>
      </div>
    </form>
  <//>`;
}

// It is read from its beginning, though what has the focus is shown at its end.
function toBeginning(area) {
  area.setSelectionRange(0, 0);
  area.scrollTop = 0;
}

// A key for each thing that is asked for: asked again, it starts no second one.
function useKeys() {
  const keys = useRef(new Map());
  return (asked) => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!keys.current.has(asked)) keys.current.set(asked, fresh);
    return keys.current.get(asked);
  };
}
