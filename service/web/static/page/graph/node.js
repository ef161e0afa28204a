// One state: a button with its name, its status as shape, word and colour, and its counts.

import { html, memo } from "../html.js";
import { SHAPES } from "../ui/status.js";
import { ICON, PADDING } from "./model.js";
import { cutMiddle, widthOf } from "./text.js";
import { factsOf, spoken, statusWord } from "./words.js";

/**
 * `node` is the model's, `at` its place, `state` the state's document or null; `shown`: with
 * status. The texts stand beside the button: it is named by all of them, as they are read out.
 */
export const Node = memo(function Node({ node, at, state, shown, ways, selected, focusable, on }) {
  const status = shown ? state?.status : undefined;
  const kind = `${node.box ? " box" : ""}${shown && !state ? " ahead" : ""}`;
  const size = { width: at.width, height: at.height, rx: 8 };
  return html`<g
    class=${`state${kind}`}
    data-status=${status}
    transform=${`translate(${at.x} ${at.y})`}
  >
    <g
      class=${`node${kind}`}
      role="button"
      tabindex=${focusable ? 0 : -1}
      aria-label=${spoken(node, state, shown)}
      aria-description=${[node.comment, ways].filter(Boolean).join("; ") || undefined}
      aria-pressed=${selected}
      data-state=${node.id}
      data-type=${node.type}
      data-status=${status}
      onClick=${on.click}
      onFocus=${on.focus}
    >
      <title>${node.id}</title>
      ${node.type === "Map" && html`<path class="stack" d=${stackOf(at)} />`}
      <rect class="ring" x="-4" y="-4" width=${at.width + 8} height=${at.height + 8} rx="11" />
      <rect class="halo" ...${size} />
      <rect class="body" ...${size} />
    </g>
    <${Words} node=${node} at=${at} state=${state} shown=${shown} />
  </g>`;
});

function Words({ node, at, state, shown }) {
  const left = PADDING + (shown ? ICON : 0);
  const room = at.width - left - PADDING;
  const items = state?.items;
  const right = at.width - PADDING;
  return html`<g class="words" aria-hidden="true">
    ${shown && html`<${Icon} status=${state?.status} />`}
    <text class="name" x=${left} y="20">${cutMiddle(node.id, room - node.counter, "name")}</text>
    ${state?.entered > 1 && html`<text class="times" x=${right} y="20">×${state.entered}</text>`}
    <${Second} node=${node} state=${shown ? state : null} x=${left} room=${room} />
    ${
      items?.total > 0 &&
      items.succeeded !== null &&
      html`<${Items} items=${items} width=${at.width} />`
    }
    ${
      at.ports !== undefined &&
      html`<${End} x=${at.ports} y=${at.height} taken=${leaves(node, state)} />`
    }
  </g>`;
}

function Icon({ status }) {
  const d = status ? (SHAPES[status] ?? "M5 8h6") : "M8 4.5a3.5 3.5 0 1 0 .01 0";
  return html`<g class="icon" transform=${`translate(${PADDING - 1} 7)`}>
    <path d=${d} />
  </g>`;
}

// The type, the status and the facts, as many as there is room for; the status always.
function Second({ node, state, x, room }) {
  if (!state) return html`<text class="second" x=${x} y="36">${node.type}</text>`;
  const word = statusWord(state.status);
  const facts = factsOf(state);
  let rest = room - widthOf(word, "word");
  const fits = (text) => {
    const width = widthOf(text, "fact");
    if (width > rest) return false;
    rest -= width;
    return true;
  };
  const behind = facts.map((fact) => ` · ${fact}`).filter(fits);
  const before = fits(`${node.type} · `) ? `${node.type} · ` : "";
  return html`<text class="second" x=${x} y="36"
    >${before}<tspan class="word">${word}</tspan>${behind.join("")}</text
  >`;
}

// How far a Map is: succeeded, failed and the rest, along its upper edge's second line.
function Items({ items, width }) {
  const room = width - 2 * PADDING;
  const part = (count) => (room * Math.min(count ?? 0, items.total)) / items.total;
  const failed = part((items.failed ?? 0) + (items.aborted ?? 0));
  return html`<g class="items" transform=${`translate(${PADDING} 43)`}>
    <rect class="all" width=${room} height="3" rx="1.5" />
    <rect class="done" width=${part(items.succeeded)} height="3" rx="1.5" />
    <rect class="failed" x=${part(items.succeeded)} width=${failed} height="3" rx="1.5" />
  </g>`;
}

function End({ x, y, taken }) {
  return html`<g class="end" data-taken=${taken} transform=${`translate(${x} ${y})`}>
    <circle r="5" /><circle class="dot" r="2" />
  </g>`;
}

function leaves(node, state) {
  if (!state) return false;
  return node.type === "Fail" || state.succeeded > 0;
}

function stackOf({ width, height }) {
  return `M8 ${height + 4}h${width - 12}a8 8 0 0 0 8 -8v${12 - height}`;
}
