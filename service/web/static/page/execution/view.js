// One execution, live: its head, what waits, the graph, the selected state, the timeline.

import { html, lazy, useCallback, useEffect, useMemo, useRef } from "../html.js";
import { Graph } from "../graph/graph.js";
import { prepare } from "../graph/layouts.js";
import { go, href } from "../router.js";
import { useWatch } from "../watch.js";
import { Problem } from "../ui/problem.js";
import { Below } from "./below.js";
import { ConnectionNotice } from "./connection.js";
import { failingState } from "./failing_state.js";
import { Header } from "./header.js";
import { Inspector } from "./inspector.js";
import { useDrawn, useMachine } from "./read.js";

const Waiting = lazy(() => import("./waiting.js"), "Waiting"); // few executions wait for somebody
const NotShown = lazy(() => import("./not_shown.js"), "NotShown");

export function ExecutionView({ route }) {
  const { execution: id, state: selected, params } = route;
  const view = useWatch(id);
  const { execution, states, connection } = view;
  useEffect(prepare, []);
  const waited = useRef(false);
  waited.current ||= view.tasks.length > 0;
  const read = useMachine(execution.state_machine, execution.version);
  const { machine } = read;
  const drawn = useDrawn(read, states);
  const place = (state, given = params) => go(href.execution(id, state, given), { replace: true });
  const select = useLatest((state) => place(state, { ...params, event: null }));
  useCanonical(id, execution.execution, route);
  useEscape(selected !== null, () => select(null));
  const chosen = selected !== null || Boolean(params.event);
  useFailure(view, drawn, chosen, (state) => place(state));
  if (connection.state === "ended" && !execution.execution) {
    return html`<${NotShown} id=${id} view=${view} />`;
  }
  const shared = { id, view, selected, onSelect: select };
  return html`<div class="run">
    <${Header} id=${id} view=${view} />
    <${ConnectionNotice} connection=${connection} />
    <div class="run-body">
      <div class="run-side">
        ${
          waited.current &&
          html`<${Waiting} id=${id} tasks=${view.tasks} onSelect=${select} />`
        }
        <${Inspector}
          id=${id}
          view=${view}
          machine=${machine}
          selected=${selected}
          onClose=${() => place(null)}
          onItems=${() => place(selected, { ...params, tab: "items" })}
        />
      </div>
      <section class="run-graph" aria-label="Graph">
        ${read.problem && html`<${Problem} problem=${read.problem}>
          <button type="button" onClick=${read.again}>Try again</button>
        <//>`}
        ${
          drawn &&
          html`<${Graph}
            machine=${drawn}
            states=${states}
            selected=${selected}
            onSelect=${select}
          />`
        }
        ${
          read.closed &&
          html`<p class="graph-note aside" role="status">
            ${read.closed}: only what was entered is drawn.
          </p>`
        }
      </section>
      <section class="run-below" aria-label="What happened">
        <${Below} ...${shared} machine=${machine} params=${params} place=${place} />
      </section>
    </div>
  </div>`;
}

// The same function each time, which does what the newest one would.
function useLatest(act) {
  const latest = useRef();
  latest.current = act;
  return useCallback((...given) => latest.current(...given), []);
}

// Whoever came by an ARN is at the execution's own address.
function useCanonical(id, known, { state, params }) {
  useEffect(() => {
    if (known && known !== id) go(href.execution(known, state, params), { replace: true });
  }, [known]);
}

// Escape deselects, where it isn't for a dialog or for what is being written.
function useEscape(active, deselect) {
  useEffect(() => {
    if (!active) return undefined;
    const press = (event) => {
      const { target } = event;
      const busy = event.defaultPrevented || target.closest?.("dialog, input, textarea, select");
      if (event.key === "Escape" && !busy) deselect();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [active]);
}

// What failed is opened at what made it fail, once for each failure and where nothing is chosen.
function useFailure({ execution, states }, machine, chosen, open) {
  const opened = useRef(null);
  const failure = useMemo(
    () => machine && failingState(execution, states, machine.graph.nodes),
    [execution.status, states, machine],
  );
  const which = failure && `${execution.redrive_count} ${failure}`;
  useEffect(() => {
    if (!which || opened.current === which) return;
    opened.current = which;
    if (!chosen) open(failure);
  }, [which]);
}
