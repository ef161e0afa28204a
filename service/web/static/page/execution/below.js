// What happened, below the graph: when, event by event, item by item, in which other executions.

import { html, lazy } from "../html.js";
import { Skeleton } from "../ui/empty.js";
import { Tabs } from "../ui/tabs.js";
import { Timeline } from "./timeline.js";

const WAITING = html`<${Skeleton} rows="5" />`;
const EventsTable = lazy(() => import("./events.js"), "EventsTable", WAITING);
const MapItems = lazy(() => import("./items.js"), "MapItems", WAITING);
const Children = lazy(() => import("./children.js"), "Children", WAITING);

/** `params.tab` says which part is shown, `params.event` which event is looked for. */
export function Below({ id, view, machine, selected, onSelect, params, place }) {
  const nodes = machine?.graph.nodes;
  const node = nodes?.find((one) => one.id === selected);
  const startedBy = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
  const parent = params.parent ?? null;
  const related = parent || view.execution.input?.[startedBy] || nodes?.some(startsExecutions);
  const tabs = [
    { name: "timeline", title: "Timeline" },
    { name: "events", title: "Events" },
    ...(node?.type === "Map" ? [{ name: "items", title: "Items" }] : []),
    ...(related ? [{ name: "children", title: "Related executions" }] : []),
  ];
  const wanted = params.tab ?? (params.event ? "events" : "timeline");
  const chosen = tabs.some(({ name }) => name === wanted) ? wanted : "timeline";
  const choose = (tab) =>
    place(selected, { parent, tab: tab === "timeline" ? null : tab });
  const focus = params.event ? Number(params.event) : null;
  const onFocus = (event) => place(selected, { parent, tab: "events", event });
  const shared = { id, view, selected, onSelect };
  return html`<${Tabs} label="What happened" tabs=${tabs} chosen=${chosen} onChoose=${choose}>
    ${
      chosen === "timeline" &&
      (view.execution.status ? html`<${Timeline} ...${shared} nodes=${nodes} />` : WAITING)
    }
    ${
      chosen === "events" &&
      html`<${EventsTable}
        ...${shared}
        onSelect=${(state) => place(state)}
        focus=${focus}
        onFocus=${onFocus}
      />`
    }
    ${
      chosen === "items" &&
      html`<${MapItems} key=${selected} id=${id} state=${selected} view=${view} />`
    }
    ${chosen === "children" && html`<${Children} ...${{ id, view, nodes, parent }} />`}
  <//>`;
}

function startsExecutions({ resource }) {
  return /:states:::(aws-sdk:sfn|states):startExecution/.test(resource ?? "");
}
