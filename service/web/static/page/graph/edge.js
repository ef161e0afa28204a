// One arrow, and what stands on it.

import { html, memo } from "../html.js";
import { LINE, wholeLabel } from "./model.js";
import { arrow } from "./shapes.js";

/** `taken`: how often it was, null where that isn't shown. */
export const Edge = memo(function Edge({ edge, route, taken }) {
  const { line, head } = arrow(route);
  const was = taken === null ? undefined : taken > 0;
  return html`<g class="edge" aria-hidden="true" data-kind=${kindOf(edge)} data-taken=${was}>
    <path class="line" d=${line} />
    <path class="head" d=${head} />
  </g>`;
});

/** Its label, cut to its room; `whole` shows all of it, over what is below. */
export const Label = memo(function Label({ edge, at, taken, whole, onWhole }) {
  const lines = whole ? wholeLabel(edge) : edge.lines;
  const top = at.height / -2;
  const height = lines.length * LINE + 4;
  return html`<g
    class=${`label${whole ? " whole" : ""}`}
    aria-hidden="true"
    data-kind=${kindOf(edge)}
    data-taken=${taken === null ? undefined : taken > 0}
    transform=${`translate(${at.x} ${at.y})`}
    onMouseEnter=${onWhole && (() => onWhole(edge.id))}
    onMouseLeave=${onWhole && (() => onWhole(null))}
  >
    ${whole && html`<rect x=${at.width / -2} y=${top} width=${at.width} height=${height} rx="4" />`}
    <rect class="reach" x=${at.width / -2} y=${top} width=${at.width} height=${height} />
    <text>
      ${lines.map((line, row) => html`<tspan x="0" y=${top + 13 + row * LINE}>${line}</tspan>`)}
    </text>
  </g>`;
});

function kindOf({ caught, transitions }) {
  return caught ? "catch" : transitions[0].kind;
}

/** How often an execution went this way, as the target's document tells. */
export function timesTaken(edge, states) {
  const entries = states.get(edge.target)?.entered_from ?? [];
  const own = entries.filter((each) => each.state === edge.source && each.caught === edge.caught);
  return own.reduce((sum, each) => sum + each.count, 0);
}
