// One execution of a list.

import { html, lazy, memo, useState } from "../html.js";
import { href } from "../router.js";
import { can, client } from "../session.js";
import { Menu } from "../ui/menu.js";
import { MiddleCut } from "../ui/middle_cut.js";
import { Problem } from "../ui/problem.js";
import { Status } from "../ui/status.js";
import { Time, Took } from "../ui/time.js";
import { REDRIVABLE } from "./summary.js";

const StopDialog = lazy(() => import("../execution/dialogs.js"), "StopDialog");

/** `me` is passed so that what one may do is drawn anew when it is known who one is. */
export const ExecutionRow = memo(function ExecutionRow({ row, versions, tab }) {
  const { execution, name, status, started_at: start, stopped_at: end, replay_of: of } = row;
  const [stopping, setStopping] = useState(false);
  const [problem, setProblem] = useState(null);
  const redrive = () => {
    setProblem(null);
    client.redrive(execution).catch(setProblem);
  };
  return html`<li class="execution" data-line>
    <span class="execution-status"><${Status} status=${status} /></span>
    <div class="execution-name">
      <a href=${href.execution(execution)} data-row=${execution} tabindex=${tab}>
        <${MiddleCut} text=${name} />
      </a>
      <${Origin} of=${of} redrives=${row.redrive_count} />
    </div>
    ${versions && html`<span class="execution-version quiet">${versionOf(row)}</span>`}
    <span class="execution-started"><${Time} at=${start} /></span>
    <span class="execution-took number"><span class="visually-hidden">took </span><${Took} start=${start} end=${end} /></span>
    <span class="execution-menu">
      <${Menu}
        label=${`What to do with ${name}`}
        buttonClass="icon"
        button=${{ "data-in-row": "", tabindex: tab }}
        items=${actions(row, { stop: () => setStopping(true), redrive, problem: setProblem })}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8h.01M8 8h.01M13 8h.01" /></svg>
      <//>
    </span>
    ${problem && html`<div class="execution-problem"><${Problem} problem=${problem} /></div>`}
    ${stopping &&
    html`<${StopDialog} id=${execution} onClose=${() => setStopping(false)} />`}
  </li>`;
});

function Origin({ of, redrives }) {
  if (!of && !redrives) return null;
  const again = redrives > 0 && `redriven ${redrives === 1 ? "once" : `${redrives} times`}`;
  return html`<p class="quiet origin">
    ${of &&
    html`started again from${" "}
      <a href=${href.execution(of)} data-in-row tabindex="-1">${of.split(":")[1]}</a>`}
    ${of && again ? ", " : ""}${again}
  </p>`;
}

function versionOf({ version, alias }) {
  return [alias, version && `version ${version}`].filter(Boolean).join(", ");
}

// Only what may be done, and what this status lets be done.
function actions({ execution, state_machine: machine, status }, { stop, redrive, problem }) {
  const copy = () => navigator.clipboard.writeText(execution).catch(problem);
  const operate = can("operate", machine, execution);
  return [
    { label: "Open", href: href.execution(execution) },
    { label: "Copy id", onSelect: copy },
    operate && status === "RUNNING" && { label: "Stop…", onSelect: stop, danger: true },
    operate && REDRIVABLE.has(status) && { label: "Redrive", onSelect: redrive },
  ].filter(Boolean);
}
