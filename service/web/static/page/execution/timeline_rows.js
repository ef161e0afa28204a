// The rows of the timeline: a state each, in the order of first entry, below the Map or Parallel that
// it stands in; and their bars.

const SMALLEST = 1 / 600; // of the axis: what is smaller is drawn with its neighbours

/**
 * `[{name, type, status, depth, children, folded, visits}]`. `parents` says by a state's name in
 * which Map or Parallel it stands; what stands below a state in `folded` is left out.
 */
export function rowsOf(states, parents, visits, folded) {
  const byState = Map.groupBy ? Map.groupBy(visits, (v) => v.state) : grouped(visits);
  const below = new Map();
  for (const state of states.values()) {
    let parent = parents.get(state.state) ?? null;
    if (!states.has(parent)) parent = null;
    if (!below.has(parent)) below.set(parent, []);
    below.get(parent).push(state);
  }
  const rows = [];
  const add = (parent, depth) => {
    const inside = below.get(parent) ?? [];
    inside.sort((a, b) => a.first_entered_at.localeCompare(b.first_entered_at));
    for (const state of inside) {
      const name = state.state;
      const children = below.get(name)?.length ?? 0;
      const isFolded = children > 0 && folded(name, children);
      rows.push({ name, state, depth, children, folded: isFolded, visits: byState.get(name) ?? [] });
      if (!isFolded) add(name, depth + 1);
    }
  };
  add(null, 0);
  return rows;
}

function grouped(visits) {
  const groups = new Map();
  for (const visit of visits) {
    if (!groups.has(visit.state)) groups.set(visit.state, []);
    groups.get(visit.state).push(visit);
  }
  return groups;
}

/**
 * The bars of a row, `[{left, width, status, count, first, last}]` in shares of the axis. Visits of
 * one status that can't be told apart at this size are one bar; none is left out.
 */
export function barsOf(visits, scale, end) {
  const bars = new Map();
  for (const visit of visits) {
    const left = scale.at(Date.parse(visit.entered_at));
    const right = scale.at(visit.exited_at ? Date.parse(visit.exited_at) : end);
    const width = right - left;
    const cell = width < SMALLEST ? Math.floor(left / SMALLEST) : `${left} ${right}`;
    const key = `${visit.status} ${cell}`;
    const bar = bars.get(key);
    if (bar) {
      bar.count += 1;
      bar.width = Math.max(bar.width, right - bar.left);
      bar.last = visit;
    } else {
      bars.set(key, { key, left, width, status: visit.status, count: 1, first: visit, last: visit });
    }
  }
  return [...bars.values()];
}
