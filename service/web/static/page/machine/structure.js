// The graph and the definition, beside each other where there is room: a state that is selected in
// one is selected in the other.

import { html, lazy } from "../html.js";
import { Skeleton } from "../ui/empty.js";
import { useWide } from "../ui/wide.js";
import { Definition } from "./definition.js";

const Graph = lazy(() => import("../graph/graph.js"), "Graph", html`<${Skeleton} rows="8" />`);

export function Structure({ machine, first, selected, at, onSelect }) {
  const wide = useWide("64rem");
  const graph = () =>
    html`<section key="graph" class="structure-graph" aria-label="Graph">
      <${Graph}
        machine=${machine}
        states=${null}
        selected=${selected}
        onSelect=${(state) => onSelect(state)}
        compact
      />
    </section>`;
  const definition = () =>
    html`<${Definition}
      key="definition"
      machine=${machine}
      selected=${selected}
      at=${at}
      onSelect=${(state) => onSelect(state)}
    />`;
  if (!wide)
    return html`<div class="structure">${first === "graph" ? graph() : definition()}</div>`;
  return html`<div class="structure" data-first=${first}>${[graph(), definition()]}</div>`;
}
