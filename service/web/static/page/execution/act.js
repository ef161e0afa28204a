// What forms that ask the service for something share.

import { rawJson } from "../../client/index.js";
import { html, useId, useState } from "../html.js";

/** `[busy, problem, act]`: `act(call)` answers what the call does; null where that is refused. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const act = async (doIt) => {
    setBusy(true);
    setProblem(null);
    try {
      return await doIt();
    } catch (refused) {
      setProblem(refused);
      return null;
    } finally {
      setBusy(false);
    }
  };
  return [busy, problem, act];
}

/** JSON as it is written. Raises what `Problem` shows where it is none. */
export function readInput(text, title = "The input isn't JSON.") {
  try {
    return rawJson(text);
  } catch (error) {
    throw Object.assign(new Error(error.message), { title });
  }
}

export function TextField({ label, value, onInput, ...rest }) {
  const id = useId();
  return html`<div>
    <label for=${id}>${label}</label>
    <input
      id=${id}
      value=${value}
      ...${rest}
      onInput=${(event) => onInput(event.currentTarget.value)}
    />
  </div>`;
}
