// The selected state in full, or the execution itself where none is selected.

import { html, lazy, memo, useEffect, useRef } from "../html.js";
import { Skeleton } from "../ui/empty.js";
import { Json } from "../ui/json.js";

const SOON_MS = 2000;
const details = () => import("./state_details.js");
const OfState = lazy(details, "StateDetails", html`<${Skeleton} rows="5" />`);
const Failure = lazy(() => import("./failure.js"), "Failure"); // few executions failed

/** `selected` is a state's name or null; `onClose` deselects it. */
export function Inspector({ id, view, machine, selected, onClose, onItems }) {
  const root = useRef();
  useEffect(() => selected !== null && bringIntoView(root.current), [selected]);
  useSoon(details);
  const open = selected !== null;
  return html`<section class="inspector" ref=${root} data-open=${open} aria-label="Details">
    ${
      selected === null
        ? html`<${OfExecution} execution=${view.execution} />`
        : html`<${OfState}
            key=${selected}
            id=${id}
            name=${selected}
            state=${view.states.get(selected)}
            machine=${machine}
            known=${Boolean(view.execution.status)}
            onClose=${onClose}
            onItems=${onItems}
          />`
    }
  </section>`;
}

// Once all else is there, lest it can't be had when a state is selected while nobody answers.
function useSoon(load) {
  useEffect(() => {
    const timer = setTimeout(() => load().catch(() => {}), SOON_MS); // then it is asked for again
    return () => clearTimeout(timer);
  }, []);
}

// What was selected is seen, also below cards that wait; where it is seen, nothing moves.
function bringIntoView(inspector) {
  const side = inspector.parentElement;
  const { top, bottom } = side.getBoundingClientRect();
  const { top: at } = inspector.getBoundingClientRect();
  if (bottom > top && (at < top || at > top + (bottom - top) / 2)) side.scrollTop += at - top;
}

const OfExecution = memo(function OfExecution({ execution }) {
  const { status, error, cause, input, output, name } = execution;
  if (!status) return html`<${Skeleton} rows="5" />`;
  return html`<header class="inspector-head"><h2>Execution</h2></header>
    ${(error || cause) && html`<${Failure} error=${error} cause=${cause} />`}
    ${
      status === "SUCCEEDED" &&
      html`<${Json}
        title="Output"
        file=${`${name}-output`}
        value=${output}
        truncated=${execution.output_truncated}
      />`
    }
    <${Json}
      title="Input"
      file=${`${name}-input`}
      value=${input}
      truncated=${execution.input_truncated}
    />`;
});
