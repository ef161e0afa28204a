// The graph and the definition, beside each other where there is room: a state that is selected in
// one is selected in the other.

import { Graph } from "../graph/graph.js";
import { html } from "../html.js";
import { useWide } from "../ui/wide.js";
import { Definition } from "./definition.js";

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
