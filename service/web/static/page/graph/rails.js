// Where arrows run that lead over many ranks.

const TURN = 10; // px between a rank and what turns beside it

/**
 * Arrows that lead far run beside everything, those to the same state on one rail with their labels
 * at its right. Between two ranks there is room to get there.
 */
export function onRails(routes, boxes, bands, obstacles) {
  const groups = new Map();
  const ranks = [...bands.values()].filter((band) => band.boxed).sort((a, b) => a.top - b.top);
  for (const route of routes) {
    const { edge } = route;
    const [low, high] = [bands.get(boxes.get(edge.source).y), boxes.get(edge.target)];
    route.ys = [low.bottom + TURN, high.top - TURN];
    const next = ranks.find((band) => band.top > low.bottom);
    route.beside = high.top > low.top ? next.top : low.top;
    route.bottom = boxes.get(edge.source).top + boxes.get(edge.source).height;
    const key = `${edge.caught} ${edge.target}`;
    groups.set(key, [...(groups.get(key) ?? []), route]);
  }
  const lanes = [];
  for (const group of [...groups.values()].sort((a, b) => longest(a) - longest(b))) {
    const ys = group.flatMap((route) => route.ys);
    const [from, to] = [Math.min(...ys) - TURN, Math.max(...ys) + TURN];
    let lane = lanes.find(({ taken }) => taken.every((each) => each.to < from || each.from > to));
    if (!lane) lanes.push((lane = { taken: [], groups: [], width: 0 }));
    lane.taken.push({ from, to });
    lane.groups.push(group);
    lane.width = Math.max(lane.width, ...group.map((route) => route.edge.width));
  }
  let x = obstacles.reduce((right, each) => Math.max(right, each.right), 0);
  for (const { width, groups: own } of lanes) {
    x += 2 * TURN;
    for (const group of own) railed(group, x, boxes);
    x += width;
  }
}

function longest(group) {
  return Math.max(...group.map(({ ys: [a, b] }) => Math.abs(a - b)));
}

function railed(group, x, boxes) {
  const filled = [];
  for (const route of group) {
    const { from, to, bottom, edge } = route;
    const [leave, arrive] = route.ys;
    const top = boxes.get(edge.target).top;
    const rail = [
      { x, y: leave },
      { x, y: arrive },
    ];
    route.pins = [{ x: from, y: bottom }, { x: from, y: leave }, ...rail];
    route.pins.push({ x: to, y: arrive }, { x: to, y: top });
    route.round = true;
    if (!edge.width) continue;
    const { width, height } = edge;
    let y = route.beside + height / 2;
    while (filled.some((each) => Math.abs(each - y) < height)) y += height;
    filled.push(y);
    route.label = { x: x + TURN / 2 + width / 2, y, width, height };
  }
}
