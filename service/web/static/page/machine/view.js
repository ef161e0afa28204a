// One state machine: its executions, its graph beside its definition, how it is started, what lint
// says of it.

import { prepare } from "../graph/layouts.js";
import { html, lazy, useEffect, useRef, useState } from "../html.js";
import { go, href } from "../router.js";
import { can, useMe } from "../session.js";
import { Empty, Skeleton } from "../ui/empty.js";
import { Problem } from "../ui/problem.js";
import { sheet } from "../ui/sheet.js";
import { Tabs } from "../ui/tabs.js";
import { Findings } from "./findings.js";
import { Header, Unanswered } from "./header.js";
import { folderProblem, useMachine } from "./read.js";

await sheet("machine.css");

const WAITING = html`<${Skeleton} rows="6" />`;
const Executions = lazy(() => import("../lists/executions_list.js"), "ExecutionsList", WAITING);
const structure = () => import("./structure.js");
const Structure = lazy(structure, "Structure", WAITING);
const DRAWN = ["graph", "definition"]; // what these need loads while the machine is asked for
const StartForm = lazy(() => import("./start_form.js"), "StartForm", WAITING);

export function MachineView({ route }) {
  const { machine, base, problem, retry } = useMachine(route.machine);
  useEffect(() => {
    if (!DRAWN.includes(route.tab)) return;
    prepare();
    structure().catch(() => {}); // where it is drawn it is asked for again, and says so
  }, []);
  if (problem) return html`<${Failed} name=${route.machine} problem=${problem} retry=${retry} />`;
  if (!machine)
    return html`<h1>${route.machine}</h1>
      ${WAITING}`;
  return html`<${Machine} machine=${machine} base=${base} route=${route} />`;
}

function Machine({ machine, base, route }) {
  const known = useMe() !== null;
  const draft = useRef({});
  const name = route.machine;
  const mayStart = can("start", name);
  const serious = machine.lint.filter(({ severity }) => severity !== "info").length;
  const tabs = [
    { name: "executions", title: "Executions" },
    { name: "graph", title: "Graph" },
    (mayStart || (!known && route.tab === "start")) && { name: "start", title: "Start" },
    { name: "definition", title: "Definition" },
    { name: "findings", title: "Findings", count: serious || undefined },
  ].filter(Boolean);
  const chosen = tabs.some((tab) => tab.name === route.tab) ? route.tab : "executions";
  const { state = null, at = null } = route.params;
  const choose = (tab) => go(href.machine(name, tab, { state }));
  const select = (next, tab = chosen) =>
    go(href.machine(name, tab, { state: next }), { replace: tab === chosen });
  const content = {
    executions: () => html`<${Executions} machine=${name} />`,
    start: () =>
      mayStart &&
      html`<${StartForm}
        machine=${machine}
        draft=${draft.current}
        onStarted=${(id) => go(href.execution(id))}
      />`,
    findings: () =>
      html`<${Findings}
        machine=${machine}
        onPlace=${({ state: inside, path }) =>
          go(href.machine(name, "definition", { state: inside, at: path }))}
      />`,
  };
  const drawn = () =>
    html`<${Structure}
      machine=${machine}
      first=${chosen}
      selected=${state}
      at=${at}
      onSelect=${select}
    />`;
  return html`<div class="machine-view">
    <${Header} machine=${machine} base=${base} name=${name} tab=${chosen} mayStart=${mayStart} />
    <${Unanswered} machine=${machine} onSelect=${(next) => select(next, "graph")} />
    <${Tabs}
      label="What to see of this state machine"
      tabs=${tabs}
      chosen=${chosen}
      onChoose=${choose}
    >
      <div class="machine-tab" data-tab=${chosen}>${(content[chosen] ?? drawn)()}</div>
    <//>
  </div>`;
}

// A folder that couldn't be served says why, where the machine of its name is looked for.
function Failed({ name, problem, retry }) {
  const [left, setLeft] = useState(null);
  const unknown = problem.status === 404;
  useEffect(() => {
    if (unknown) folderProblem(name).then(setLeft, () => setLeft(null));
  }, [name, unknown]);
  if (!unknown) {
    return html`<h1>${name}</h1>
      <${Problem} problem=${problem}
        ><p class="actions"><button type="button" onClick=${retry}>Try again</button></p><//
      >`;
  }
  return html`<h1>${name}</h1>
    <${Empty} title="There is no state machine of this name.">
      ${
        left
          ? html`<p>
                Its folder <code>${left.folder}</code> was left
                out${left.state && html`, because of ${left.state}`}:
              </p>
              <p class="fault">${left.reason}</p>`
          : html`<p>It may have been deleted, or lies in another account or region.</p>`
      }
      <p><a href=${href.overview()}>All state machines</a></p>
    <//>`;
}
