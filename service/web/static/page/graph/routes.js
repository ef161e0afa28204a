// How arrows run between laid out boxes. Each goes straight down through a rank, at the place that
// is kept free for it, and turns only between two ranks: so none crosses a state.

import { onRails } from "./rails.js";

const PORT = 22; // between two arrows at one side of a box, at most
const EDGE = 18; // from a box's corner to an arrow, at least
const MARGIN = 6;

/**
 * By id, each arrow's `pins`, the points it goes through from its source to its target, `round`
 * where they are corners, and the centre of its `label`. Sets `end` of a box: where its way out is
 * marked.
 */
export function routes({ scope, chains, boxes, turned, loops, far }) {
  const bands = bandsOf(scope, chains, boxes);
  for (const box of boxes.values()) box.top = bands.get(box.y).top;
  const found = new Map();
  for (const edge of scope.edges) {
    if (far.has(edge.id))
      found.set(edge.id, { edge, upper: edge.source, lower: edge.target, far: true });
    else if (edge.source !== edge.target) {
      found.set(edge.id, chain(edge, chains.get(edge.id), turned.has(edge.id)));
    }
  }
  const obstacles = obstaclesOf(boxes, found);
  attach(scope, boxes, found);
  for (const route of found.values()) {
    if (route.far) continue;
    route.pins = pinsOf(route, bands, obstacles);
    if (route.back) aside(route, boxes, obstacles);
  }
  if (far.size)
    onRails(
      [...found.values()].filter((route) => route.far),
      boxes,
      bands,
      obstacles,
    );
  for (const [id, edge] of loops) found.set(edge.id, selfLoop(edge, boxes.get(id)));
  return found;
}

// A band is what lies at one height: a rank of boxes, or the labels between two.
function bandsOf({ edges }, chains, boxes) {
  const bands = new Map();
  const grow = (y, height, boxed) => {
    const band = bands.get(y) ?? { top: y, bottom: y, boxed: false };
    band.top = Math.min(band.top, y - height / 2);
    band.bottom = Math.max(band.bottom, y + height / 2);
    band.boxed ||= boxed;
    bands.set(y, band);
  };
  for (const box of boxes.values()) grow(box.y, box.height, true);
  for (const { id, height } of edges) {
    const { points, label } = chains.get(id) ?? { points: [] };
    for (const { y } of points) grow(y, 0, false);
    if (label) grow(label.y, height, false);
  }
  return bands;
}

function chain(edge, { points, label }, back) {
  const [upper, lower] = back ? [edge.target, edge.source] : [edge.source, edge.target];
  const { width, height } = edge;
  return { edge, back, upper, lower, through: points, label: label && { ...label, width, height } };
}

function obstaclesOf(boxes, found) {
  const all = [...boxes.values()].map((box) => ({
    id: box.id,
    left: box.left,
    right: box.left + box.wide,
    top: box.top,
    bottom: box.top + box.height,
  }));
  for (const { edge, label } of found.values()) {
    if (!label) continue;
    const { x, y, width, height } = label;
    const [left, right] = [x - width / 2, x + width / 2];
    all.push({ id: edge.id, left, right, top: y - height / 2, bottom: y + height / 2 });
  }
  return all.sort((a, b) => a.top - b.top);
}

// Where arrows touch the boxes: beside each other, in the order of where they come from and go to.
function attach(scope, boxes, found) {
  const below = new Map([...boxes.keys()].map((id) => [id, []]));
  const above = new Map([...boxes.keys()].map((id) => [id, []]));
  for (const route of found.values()) {
    const { upper, lower, through } = route;
    const first = route.far ? Infinity : (through[0]?.x ?? middle(boxes.get(lower)));
    const last = route.far ? Infinity : (through.at(-1)?.x ?? middle(boxes.get(upper)));
    const free = !route.far && !route.label && through.length < 2;
    below.get(upper).push({ x: first, free, set: (x) => (route.from = x) });
    above.get(lower).push({ x: last, free, set: (x) => (route.to = x) });
  }
  for (const node of scope.nodes) {
    const box = boxes.get(node.id);
    if (node.end)
      below.get(node.id).push({ x: middle(box), free: true, set: (x) => (box.end = x - box.left) });
    spread(box, below.get(node.id));
    spread(box, above.get(node.id));
  }
}

function middle(box) {
  return box.left + box.width / 2;
}

// Each as near to where it goes as it can be, so that short ways are straight; a lone one without a
// label in the middle.
function spread(box, ports) {
  ports.sort((a, b) => (a.x === b.x ? 0 : a.x - b.x));
  const [left, right] = [box.left + EDGE, box.left + box.width - EDGE];
  const step = Math.min(PORT, (right - left) / Math.max(1, ports.length - 1));
  const at = ports.map(({ x, free }) => (free ? middle(box) : Math.min(right, Math.max(left, x))));
  if (ports.length > 1 && at.some((x, n) => n > 0 && x - at[n - 1] < step)) {
    const mean = at.reduce((sum, x) => sum + x, 0) / at.length;
    const half = (step * (at.length - 1)) / 2;
    const first = Math.min(right - 2 * half, Math.max(left, mean - half));
    at.forEach((_, n) => (at[n] = first + n * step));
  }
  ports.forEach((port, n) => port.set(at[n]));
}

// From the upper box's lower side to the lower box's upper side. Where an arrow passes a rank of
// labels without one of its own it needs no stop, unless the shorter way runs into one.
function pinsOf(route, bands, obstacles) {
  const { upper, lower, through, label, from, to } = route;
  const start = { x: from, y: bottomOf(upper, obstacles) };
  const end = { x: to, y: topOf(lower, obstacles) };
  const stops = [[start], ...through.map((point) => passing(point, bands)), [end]];
  for (let at = stops.length - 2; at > 0; at -= 1) {
    const { y } = through[at - 1];
    if (bands.get(y).boxed || label?.y === y) continue;
    const [a, b] = [stops[at - 1].at(-1), stops[at + 1][0]];
    if (isFree(a, b, obstacles, [route.edge.id, upper, lower])) stops.splice(at, 1);
  }
  const pins = stops.flat();
  return route.back ? pins.reverse() : pins;
}

function passing({ x, y }, bands) {
  const { top, bottom } = bands.get(y);
  return top === bottom
    ? [{ x, y }]
    : [
        { x, y: top },
        { x, y: bottom },
      ];
}

function bottomOf(id, obstacles) {
  return obstacles.find((each) => each.id === id).bottom;
}

function topOf(id, obstacles) {
  return obstacles.find((each) => each.id === id).top;
}

/** Whether the turn from `a` to `b` keeps clear of all obstacles but these. */
export function isFree(a, b, obstacles, but) {
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [left, right] = [Math.min(a.x, b.x) - MARGIN, Math.max(a.x, b.x) + MARGIN];
  for (const each of obstacles) {
    if (each.top > bottom) break;
    if (each.bottom < top || each.right < left || each.left > right) continue;
    if (!but.includes(each.id) && meets(a, b, each)) return false;
  }
  return true;
}

function meets(a, b, { left, right, top, bottom }) {
  for (let step = 0; step <= 16; step += 1) {
    const { x, y } = onTurn(a, b, step / 16);
    const inside = x > left - MARGIN && x < right + MARGIN && y > top - 2 && y < bottom + 2;
    if (inside) return true;
  }
  return false;
}

/** A point of the curve that leaves `a` and arrives at `b` upright; `t` goes from 0 to 1. */
export function onTurn(a, b, t) {
  const s = 1 - t;
  const ease = 3 * s * t * t + t * t * t;
  const half = (a.y + b.y) / 2;
  const y = s * s * s * a.y + 3 * s * s * t * half + 3 * s * t * t * half + t * t * t * b.y;
  return { x: a.x + (b.x - a.x) * ease, y };
}

// An arrow back leaves and arrives at the sides, where its column lies beside both boxes and
// nothing stands between; else it goes up between them as it is.
function aside(route, boxes, obstacles) {
  const [low, high] = [boxes.get(route.edge.source), boxes.get(route.edge.target)];
  const columns = new Set(route.through.map((point) => Math.round(point.x)));
  const x = route.label?.x ?? route.through[Math.floor(route.through.length / 2)]?.x;
  if (x === undefined || columns.size > 1) return;
  for (const side of [1, -1]) {
    const looped = low.wide > low.width || high.wide > high.width;
    if (side > 0 && looped) continue; // a loop of their own is there
    const [a, b] = [sideOf(low, side), sideOf(high, side)];
    if ((x - a.x) * side < 14 || (x - b.x) * side < 14) continue;
    const corners = [a, { x, y: a.y }, { x, y: b.y }, b];
    const but = [route.edge.id, low.id, high.id];
    if (![0, 1, 2].every((at) => isClear(corners[at], corners[at + 1], obstacles, but))) continue;
    route.pins = corners;
    route.round = true;
    return;
  }
}

function sideOf(box, side) {
  const x = side > 0 ? box.left + box.width : box.left;
  return { x, y: box.top + Math.min(box.height / 2, 23) };
}

function isClear(a, b, obstacles, but) {
  const [left, right] = [Math.min(a.x, b.x) - MARGIN, Math.max(a.x, b.x) + MARGIN];
  const [top, bottom] = [Math.min(a.y, b.y) - MARGIN, Math.max(a.y, b.y) + MARGIN];
  return obstacles.every(
    (each) =>
      but.includes(each.id) ||
      each.right < left ||
      each.left > right ||
      each.bottom < top ||
      each.top > bottom,
  );
}

function selfLoop(edge, box) {
  const x = box.left + box.width;
  const y = box.top + Math.min(box.height, 46) / 2;
  const far = x + 20;
  const pins = [
    { x, y: y + 10 },
    { x: far, y: y + 10 },
    { x: far, y: y - 10 },
    { x, y: y - 10 },
  ];
  const { width, height } = edge;
  const label = width ? { x: far + 4 + width / 2, y, width, height } : null;
  return { edge, pins, round: true, label };
}
