// All of a graph at a glance, and which part of it is seen. A click or a drag goes there.

import { html, memo } from "../html.js";

const MOST = { width: 132, height: 168 };

/** `go(x, y)` moves the graph's point to the middle of the view. */
export function Minimap({ model, layout, states, seen, go }) {
  const { width, height } = layout;
  const scale = Math.min(MOST.width / width, MOST.height / height);
  const { view, room } = seen;
  const left = Math.max(0, -view.x / view.k);
  const top = Math.max(0, -view.y / view.k);
  const right = Math.min(width, (room.width - view.x) / view.k);
  const bottom = Math.min(height, (room.height - view.y) / view.k);
  const move = (event) => {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    const part = {
      x: (event.clientX - box.left) / box.width,
      y: (event.clientY - box.top) / box.height,
    };
    go(part.x * width, part.y * height);
  };
  return html`<svg
    class="minimap"
    aria-hidden="true"
    width=${Math.max(24, width * scale)}
    height=${Math.max(24, height * scale)}
    viewBox=${`0 0 ${width} ${height}`}
    preserveAspectRatio="none"
    onPointerDown=${move}
    onPointerMove=${move}
  >
    <${Shapes} model=${model} layout=${layout} states=${states} />
    <rect
      class="seen"
      x=${left}
      y=${top}
      width=${Math.max(0, right - left)}
      height=${Math.max(0, bottom - top)}
    />
  </svg>`;
}

// One path a status, however many states there are.
const Shapes = memo(function Shapes({ model, layout, states }) {
  const paths = new Map();
  for (const [id, { x, y, width, height }] of layout.nodes) {
    const box = model.nodes.get(id)?.box;
    const status = box ? "box" : (states?.get(id)?.status ?? "");
    const [left, top, wide, high] = [x, y, width, height].map(Math.round);
    const d = `M${left} ${top}h${wide}v${high}h${-wide}z`;
    paths.set(status, (paths.get(status) ?? "") + d);
  }
  return [...paths].map(([status, d]) => html`<path key=${status} data-status=${status} d=${d} />`);
});
