// Which state an arrow key leads to.

const WAYS = {
  ArrowDown: { along: "y", across: "x", sign: 1 },
  ArrowUp: { along: "y", across: "x", sign: -1 },
  ArrowRight: { along: "x", across: "y", sign: 1 },
  ArrowLeft: { along: "x", across: "y", sign: -1 },
};

/**
 * The state to go to from `id` by a key, null where there is none that way. Down and up follow the
 * arrows, into a Map or Parallel and out of it again, and else lead to what lies there, as left and
 * right do.
 */
export function walk(key, id, { model, layout }) {
  const order = [...model.nodes.keys()];
  if (key === "Home") return order[0];
  if (key === "End") return order.at(-1);
  const way = WAYS[key];
  const node = model.nodes.get(id);
  if (!way || !node) return null;
  if (key === "ArrowUp" && node.start && node.parent) return node.parent;
  const inner = [...model.nodes.values()].filter((each) => each.parent === id && each.start);
  if (key === "ArrowDown" && inner.length) return inner[0].id;
  const joined = way.along === "y" ? neighbours(id, model.edges) : [];
  return nearest(id, joined, layout, way) ?? nearest(id, order, layout, way);
}

function neighbours(id, edges) {
  const joined = edges.filter(({ source, target }) => source === id || target === id);
  return joined.map(({ source, target }) => (source === id ? target : source));
}

function nearest(id, among, { nodes }, { along, across, sign }) {
  const from = headOf(nodes.get(id));
  let best = null;
  for (const other of among) {
    const to = headOf(nodes.get(other));
    const ahead = (to[along] - from[along]) * sign;
    const aside = Math.abs(to[across] - from[across]);
    if (other === id || ahead < 8 || (along === "x" && aside > ahead)) continue;
    const far = Math.hypot(ahead, along === "x" ? aside * 3 : aside);
    if (!best || far < best.far) best = { other, far };
  }
  return best?.other ?? null;
}

// A box is where its heading is: what it holds lies below that.
function headOf({ x, y, width, height }) {
  return { x: x + width / 2, y: y + Math.min(height, 46) / 2 };
}
