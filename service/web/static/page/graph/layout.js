// Gives each state and each arrow its place. No arrow leaves its scope (the top level, a branch, a
// Map's processor), so the innermost scopes come first, and each is one box to what is around it.

import { layered } from "./layers.js";
import { routes } from "./routes.js";

const WIDE = { gap: 32, rank: 40, pad: 16, row: 1040, between: 26, below: 44 };
const NARROW = { gap: 14, rank: 34, pad: 9, row: 340, between: 14, below: 34 };
const HEADER = 58;
const SELF_LOOP = 30;
const FAR = 10; // ranks
const START_ROOM = 26;
const END_ROOM = 8;

/**
 * `{width, height, nodes: Map, edges: Map, start}` of a model: each node's box (x, y is its upper
 * left corner; `depth` counts what is around it), each arrow's `pins` and its `label`'s centre.
 * `narrow` is for phones. Pure, and safe to run in a worker.
 */
export function layoutOf(model, { narrow = false } = {}) {
  const space = narrow ? NARROW : WIDE;
  const scopes = scopesOf(model);
  const inside = new Map();
  const size = (id) => inside.get(id) ?? model.nodes.get(id);
  const boxes = [...model.nodes.values()].filter((node) => node.box).reverse();
  for (const box of boxes) inside.set(box.id, laidBox(box, scopes, size, space));
  const top = laidScope(scopes.get(key(null, 0)), size, space);
  const found = { nodes: new Map(), edges: new Map() };
  place(found, top, { x: 0, y: START_ROOM, depth: 0 }, inside);
  const start = top.scope.nodes.find((node) => node.start);
  return {
    ...found,
    width: top.width,
    height: top.height + START_ROOM + END_ROOM,
    start: start ? found.nodes.get(start.id) : null,
  };
}

function key(parent, branch) {
  return JSON.stringify([parent, branch]);
}

function scopesOf(model) {
  const scopes = new Map([[key(null, 0), { nodes: [], edges: [] }]]);
  for (const node of model.nodes.values()) {
    const id = key(node.parent, node.branch);
    if (!scopes.has(id)) scopes.set(id, { nodes: [], edges: [] });
    scopes.get(id).nodes.push(node);
  }
  for (const edge of model.edges) {
    const node = model.nodes.get(edge.source);
    scopes.get(key(node.parent, node.branch)).edges.push(edge);
  }
  return scopes;
}

// A Parallel's branches stand side by side, in rows of about as many each where they are too wide.
function laidBox(box, scopes, size, space) {
  const { between, below } = space;
  const branches = [...scopes.keys()]
    .map((id) => [JSON.parse(id), scopes.get(id)])
    .filter(([[parent]]) => parent === box.id)
    .sort(([[, a]], [[, b]]) => a - b)
    .map(([, scope]) => laidScope(scope, size, space));
  const widest = Math.max(0, ...branches.map((branch) => branch.width));
  const columns = columnsOf(branches, space);
  const rows = Math.ceil(branches.length / columns);
  const cells = rows > 1 && branches.every((branch) => branch.width > widest * 0.6) ? widest : 0;
  const placed = [];
  let width = 0;
  let y = HEADER;
  for (let at = 0; at < branches.length; at += columns) {
    const row = branches.slice(at, at + columns);
    let x = space.pad;
    for (const branch of row) {
      const cell = Math.max(branch.width, cells);
      placed.push({ ...branch, x: x + (cell - branch.width) / 2, y });
      x += cell + between;
    }
    width = Math.max(width, x - between + space.pad);
    y += Math.max(...row.map((branch) => branch.height)) + below;
  }
  const least = Math.max(width, box.width);
  for (const branch of placed) branch.x += (least - width) / 2;
  const height = branches.length ? y - below + space.pad : HEADER;
  return { width: least, height, branches: placed };
}

// As many as there is room for, and then so that the rows are of about the same length.
function columnsOf(branches, { row, between }) {
  const fits = (columns) =>
    branches.every((_, at) => {
      const own = at % columns === 0 ? branches.slice(at, at + columns) : [];
      return (
        own.length < 2 || own.reduce((sum, each) => sum + each.width + between, -between) <= row
      );
    });
  let columns = Math.max(1, branches.length);
  while (columns > 1 && !fits(columns)) columns -= 1;
  return Math.ceil(branches.length / Math.ceil(branches.length / columns)) || 1;
}

function laidScope(scope, size, space) {
  const { nodes, turned } = ordered(scope);
  const far = farOf(scope, nodes, turned);
  const rank = space.rank + Math.min(40, 4 * Math.max(0, mostWays(scope, far) - 3));
  const loops = new Map(scope.edges.filter((e) => e.source === e.target).map((e) => [e.source, e]));
  const sized = nodes.map(({ id }) => {
    const { width, height } = size(id);
    const loop = loops.get(id);
    return { id, width: width + (loop ? SELF_LOOP + loop.width : 0), height };
  });
  const arrows = scope.edges.filter((edge) => edge.source !== edge.target && !far.has(edge.id));
  const { boxes: centres, chains } = layered(
    sized,
    arrows.map((edge) => {
      const [from, to] = downwards(edge, turned);
      return { id: edge.id, from, to, width: edge.width, height: edge.height };
    }),
    { gap: space.gap, beside: 14, rank },
  );
  const boxes = new Map(nodes.map(({ id }) => [id, boxOf(id, centres.get(id), size(id))]));
  return tight(scope, boxes, routes({ scope, chains, boxes, turned, loops, far }));
}

function downwards({ id, source, target }, turned) {
  return turned.has(id) ? [target, source] : [source, target];
}

// Many arrows at one state need room to part.
function mostWays({ edges }, far) {
  const ways = new Map();
  for (const { id, source, target } of edges) {
    if (far.has(id)) continue;
    for (const end of [`from ${source}`, `to ${target}`]) ways.set(end, (ways.get(end) ?? 0) + 1);
  }
  return Math.max(0, ...ways.values());
}

// Arrows over many ranks would take long to be found a way through all that is between.
function farOf({ edges }, nodes, turned) {
  const onward = new Map(nodes.map((node) => [node.id, []]));
  const before = new Map(nodes.map((node) => [node.id, 0]));
  for (const edge of edges) {
    if (edge.source === edge.target) continue;
    const [from, to] = downwards(edge, turned);
    onward.get(from).push(to);
    before.set(to, before.get(to) + 1);
  }
  const rank = new Map(nodes.map((node) => [node.id, 0]));
  const ready = nodes.map((node) => node.id).filter((id) => before.get(id) === 0);
  for (const id of ready) {
    for (const to of onward.get(id)) {
      rank.set(to, Math.max(rank.get(to), rank.get(id) + 1));
      before.set(to, before.get(to) - 1);
      if (before.get(to) === 0) ready.push(to);
    }
  }
  const spans = (edge) => Math.abs(rank.get(edge.source) - rank.get(edge.target));
  return new Set(edges.filter((edge) => spans(edge) > FAR).map((edge) => edge.id));
}

// Depth first from the start, so that what leads back is what a reader takes for it.
function ordered({ nodes, edges }) {
  const onward = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) onward.get(edge.source).push(edge);
  const state = new Map();
  const order = [];
  const turned = new Set();
  for (const first of [...nodes].sort((a, b) => Number(b.start) - Number(a.start))) {
    const path = state.has(first.id) ? [] : [{ id: first.id, next: 0 }];
    while (path.length) {
      const at = path.at(-1);
      if (at.next === 0 && !state.has(at.id)) {
        state.set(at.id, "open");
        order.push(at.id);
      }
      const edge = onward.get(at.id)[at.next++];
      if (!edge) {
        state.set(at.id, "done");
        path.pop();
      } else if (state.get(edge.target) === "open") {
        turned.add(edge.id);
      } else if (!state.has(edge.target)) {
        path.push({ id: edge.target, next: 0 });
      }
    }
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return { nodes: order.map((id) => byId.get(id)), turned };
}

function boxOf(id, { x, y, width: wide }, { width, height }) {
  return { id, left: x - wide / 2, top: y - height / 2, width, height, wide, y };
}

// The scope begins at 0, 0, whatever stands out of it.
function tight(scope, boxes, edges) {
  const xs = [];
  const ys = [];
  for (const box of boxes.values()) {
    xs.push(box.left, box.left + box.wide);
    ys.push(box.top, box.top + box.height);
  }
  for (const { pins, label } of edges.values()) {
    for (const pin of pins) {
      xs.push(pin.x);
      ys.push(pin.y);
    }
    if (label) xs.push(label.x - label.width / 2, label.x + label.width / 2);
  }
  const left = xs.reduce((a, b) => Math.min(a, b), Infinity);
  const top = ys.reduce((a, b) => Math.min(a, b), Infinity);
  const right = xs.reduce((a, b) => Math.max(a, b), -Infinity);
  const bottom = ys.reduce((a, b) => Math.max(a, b), -Infinity);
  return { scope, boxes, edges, left, top, width: right - left, height: bottom - top };
}

function place(found, laid, { x, y, depth }, inside) {
  const dx = x - laid.left;
  const dy = y - laid.top;
  for (const [id, box] of laid.boxes) {
    const { width, height } = box;
    const at = { x: box.left + dx, y: box.top + dy, width, height, depth, ports: box.end };
    found.nodes.set(id, at);
    for (const branch of inside.get(id)?.branches ?? []) {
      place(found, branch, { x: at.x + branch.x, y: at.y + branch.y, depth: depth + 1 }, inside);
    }
  }
  for (const [id, edge] of laid.edges) {
    const pins = edge.pins.map((pin) => ({ x: pin.x + dx, y: pin.y + dy }));
    const label = edge.label && { ...edge.label, x: edge.label.x + dx, y: edge.label.y + dy };
    found.edges.set(id, { pins, round: edge.round, label });
  }
}
