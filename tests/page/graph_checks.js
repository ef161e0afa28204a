// What holds for every layout: checked by Node on drawn machines, in Chromium on shipped ones.

const HEADER = 46;

/** What is wrong with a layout, in words; nothing where all is well. */
export function faultsOf(model, layout, onTurn) {
  const faults = [];
  const around = (id) => {
    const found = new Set();
    for (let each = model.nodes.get(id); each?.parent; each = model.nodes.get(each.parent)) {
      found.add(each.parent);
    }
    return found;
  };
  const scope = ({ parent, branch }) => `${parent} ${branch}`;
  const nodes = [...model.nodes.values()].map((node) => ({
    ...node,
    ...boxOf(layout.nodes.get(node.id)),
    around: around(node.id),
  }));
  const labels = model.edges.flatMap((edge) => {
    const { label } = layout.edges.get(edge.id);
    if (Boolean(label) !== edge.lines.length > 0)
      faults.push(`${edge.id} has no place for its label`);
    if (!label) return [];
    const { x, y, width, height } = label;
    const box = boxOf({ x: x - width / 2, y: y - height / 2, width, height });
    return [{ ...box, id: edge.id, around: around(edge.source) }];
  });
  for (const node of nodes) {
    for (const other of nodes) {
      if (node.id < other.id && !node.around.has(other.id) && !other.around.has(node.id)) {
        if (overlap(node, other, 4)) faults.push(`${node.id} overlaps ${other.id}`);
      }
      if (other.id === node.parent && !within(node, { ...other, top: other.top + HEADER })) {
        faults.push(`${node.id} stands out of ${other.id}`);
      }
    }
    if (!within(node, { left: 0, top: 0, right: layout.width, bottom: layout.height })) {
      faults.push(`${node.id} stands out of the graph`);
    }
  }
  labels.forEach((label, at) => {
    for (const node of nodes) {
      if (!label.around.has(node.id) && overlap(label, node, 0)) {
        faults.push(`the label of ${label.id} overlaps ${node.id}`);
      }
    }
    for (const other of labels.slice(at + 1)) {
      if (overlap(label, other, 0)) faults.push(`labels of ${label.id} and ${other.id} overlap`);
    }
  });
  const byScope = Map.groupBy ? Map.groupBy(nodes, scope) : grouped(nodes, scope);
  for (const edge of model.edges) {
    const from = nodes.find((node) => node.id === edge.source);
    const blocks = byScope.get(scope(from));
    for (const point of points(layout.edges.get(edge.id), onTurn)) {
      if (!Number.isFinite(point.x + point.y)) faults.push(`${edge.id} goes nowhere`);
      for (const node of blocks) {
        const own = node.id === edge.source || node.id === edge.target;
        const grown = own ? -1 : 1;
        const inside =
          point.x > node.left - grown &&
          point.x < node.right + grown &&
          point.y > node.top - grown &&
          point.y < node.bottom + grown;
        if (inside) faults.push(`${edge.id} crosses ${node.id}`);
      }
      for (const label of labels) {
        const { left, top, right, bottom } = label;
        const inside = point.x > left && point.x < right && point.y > top && point.y < bottom;
        if (inside && label.id !== edge.id)
          faults.push(`${edge.id} crosses the label of ${label.id}`);
      }
    }
  }
  return [...new Set(faults)];
}

function grouped(all, key) {
  const found = new Map();
  for (const each of all) found.set(key(each), [...(found.get(key(each)) ?? []), each]);
  return found;
}

function boxOf({ x, y, width, height }) {
  return { left: x, top: y, right: x + width, bottom: y + height };
}

function overlap(a, b, gap) {
  return (
    a.left < b.right + gap &&
    b.left < a.right + gap &&
    a.top < b.bottom + gap &&
    b.top < a.bottom + gap
  );
}

function within(a, b) {
  return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
}

function points({ pins, round }, onTurn) {
  return pins.slice(1).flatMap((pin, at) => {
    const before = pins[at];
    const part = (t) =>
      round
        ? { x: before.x + (pin.x - before.x) * t, y: before.y + (pin.y - before.y) * t }
        : onTurn(before, pin, t);
    return Array.from({ length: 21 }, (_, n) => part(n / 20));
  });
}
