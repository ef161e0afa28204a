// The overview: what waits for somebody, and every state machine with how it goes.

import { news } from "../credential.js";
import { html, lazy, useMemo } from "../html.js";
import { FilterField } from "../lists/filter_field.js";
import { OpenExecution } from "../lists/open_execution.js";
import { go, href } from "../router.js";
import { useMe } from "../session.js";
import { CopyButton } from "../ui/copy_button.js";
import { Empty, Skeleton } from "../ui/empty.js";
import { Problem } from "../ui/problem.js";
import { useRowKeys } from "../ui/row_keys.js";
import { MachineRow } from "./machine_row.js";
import { usePolled } from "./polled.js";
import { Waiting } from "./waiting.js";

const AGAIN_MS = 60_000;
const Undelivered = lazy(() => import("./undelivered.js"), "Undelivered"); // where others are told

export function OverviewView({ route }) {
  const { found: catalogue, problem, read } = usePolled("v1/state-machines", AGAIN_MS);
  const { state_machines: machines, problems } = catalogue ?? {};
  const query = route.params.q ?? "";
  const shown = useMemo(() => found(machines, query), [machines, query]);
  const filter = (text) => go(href.overview({ ...route.params, q: text }), { replace: true });
  return html`<div class="overview">
    <header class="view-head">
      <h1>State machines</h1>
      ${machines?.length > 0 && html`<span class="count">${countOf(shown, machines)}</span>`}
      <div class="tools">
        ${machines?.length > 0 &&
        html`<${FilterField} label="Filter by name" value=${query} onChange=${filter} />`}
        <${OpenExecution} />
      </div>
    </header>
    ${problem &&
    html`<${Problem} problem=${problem}>
      <div class="actions"><button type="button" onClick=${read}>Try again</button></div>
    <//>`}
    ${!machines && !problem && html`<${Skeleton} rows="6" />`}
    ${machines?.length > 0 && html`<${Waiting} />`} ${news && html`<${Undelivered} />`}
    <${LeftOut} problems=${problems} />
    ${machines && html`<${Machines} machines=${shown} all=${machines} query=${query} onFilter=${filter} />`}
  </div>`;
}

function found(machines, query) {
  const words = query.toLowerCase().split(/\s+/);
  const has = ({ name }) => words.every((word) => name.toLowerCase().includes(word));
  return machines?.filter(has);
}

function countOf(shown, all) {
  return shown.length === all.length ? String(all.length) : `${shown.length} of ${all.length}`;
}

function Machines({ machines, all, query, onFilter }) {
  const keys = useRowKeys();
  const me = useMe();
  if (!all.length && me?.machines.includes("*") === false) return html`<${NoneOpen} me=${me} />`;
  if (!all.length) return html`<${NoMachines} />`;
  if (!machines.length) {
    return html`<${Empty} title=${`No state machine's name has “${query}” in it.`}>
      <button type="button" onClick=${() => onFilter("")}>Show all ${all.length}</button>
    <//>`;
  }
  return html`<div class="machines" ...${keys.list}>
    <div class="machines-head" aria-hidden="true">
      <span>Name</span><span>Last results</span><span class="number">Running</span
      ><span class="number">Failed</span><span class="number">Typical</span
      ><span class="number">Last start</span>
    </div>
    <ul>
      ${machines.map(
        (machine, at) =>
          html`<${MachineRow} key=${machine.name} machine=${machine} tab=${keys.tab(machine.name, at)} />`,
      )}
    </ul>
  </div>`;
}

// A credential for some executions opens no state machine.
function NoneOpen({ me: { executions } }) {
  return html`<${Empty} title="No state machine is open to you.">
    ${executions.length > 0 && html`<p>Your credential opens:</p>`}
    ${executions.map((id) => html`<p key=${id}><a href=${href.execution(id)}>${id}</a></p>`)}
  <//>`;
}

function NoMachines() {
  const command = "handrail init";
  return html`<${Empty} title="There is no state machine yet.">
    <p>
      Make one with <code>${command}</code> <${CopyButton} text=${command} label="Copy the command" />
      in your project, then <code>handrail dev</code> serves it. In front of AWS, the account's own
      show here once there are some.
    </p>
  <//>`;
}

function LeftOut({ problems = [] }) {
  if (!problems.length) return null;
  return html`<section class="left-out" aria-labelledby="left-out">
    <h2 id="left-out">
      ${problems.length === 1 ? "One folder was left out" : `${problems.length} folders were left out`}
    </h2>
    <ul>
      ${problems.map(
        (each) =>
          html`<li key=${each.folder}>
            <strong>${each.name ?? each.folder}</strong>
            ${each.name && each.name !== each.folder && html` <code class="quiet">${each.folder}</code>`}
            <p>${each.reason}</p>
          </li>`,
      )}
    </ul>
  </section>`;
}
