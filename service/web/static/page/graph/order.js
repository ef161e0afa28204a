// In which order what has the same rank stands, so that few arrows cross: each rank is sorted by
// where its neighbours stand, up and down by turns, for as long as that helps.

const PATIENCE = 4; // rounds without fewer crossings
const MOST_ROUNDS = 24;

/** Gives each node of a graph its `order`; arrows lead from one `rank` to the next. */
export function order(graph) {
  const names = graph.nodes();
  const at = new Map(names.map((name, number) => [name, number]));
  const above = names.map(() => []);
  const below = names.map(() => []);
  for (const edge of graph.edges()) {
    const [from, to] = [at.get(edge.v), at.get(edge.w)];
    below[from].push(to);
    above[to].push(from);
  }
  const ranks = ranked(graph, names, below);
  const place = new Int32Array(names.length);
  const settle = (rank) => rank.forEach((node, position) => (place[node] = position));
  ranks.forEach(settle);
  let best = { crossings: crossings(ranks, below, place), place: place.slice() };
  let idle = 0;
  for (let round = 0; idle < PATIENCE && round < MOST_ROUNDS && best.crossings > 0; round += 1) {
    const [down, right] = [round % 2 === 1, round % 4 >= 2];
    for (const rank of down ? ranks : [...ranks].reverse()) {
      sort(rank, down ? above : below, place, right);
      settle(rank);
    }
    const found = crossings(ranks, below, place);
    idle += 1;
    if (found < best.crossings) {
      best = { crossings: found, place: place.slice() };
      idle = 0;
    }
  }
  names.forEach((name, number) => (graph.node(name).order = best.place[number]));
}

// By rank, in the order in which a walk along the arrows comes upon them.
function ranked(graph, names, below) {
  const rankOf = names.map((name) => graph.node(name).rank);
  const ranks = Array.from({ length: Math.max(0, ...rankOf) + 1 }, () => []);
  const seen = new Uint8Array(names.length);
  const first = names.map((_, number) => number).sort((a, b) => rankOf[a] - rankOf[b]);
  for (const start of first) {
    const path = [start];
    while (path.length) {
      const node = path.pop();
      if (seen[node]) continue;
      seen[node] = 1;
      ranks[rankOf[node]].push(node);
      for (let next = below[node].length - 1; next >= 0; next -= 1) path.push(below[node][next]);
    }
  }
  return ranks;
}

// What has no neighbour there stays where it is.
function sort(rank, neighbours, place, right) {
  const means = new Map();
  for (const node of rank) {
    const own = neighbours[node];
    if (own.length) means.set(node, own.reduce((sum, each) => sum + place[each], 0) / own.length);
  }
  const tie = (a, b) => (right ? place[b] - place[a] : place[a] - place[b]);
  const moving = rank.filter((node) => means.has(node));
  moving.sort((a, b) => means.get(a) - means.get(b) || tie(a, b));
  let next = 0;
  rank.forEach((node, position) => {
    if (means.has(node)) rank[position] = moving[next++];
  });
}

function crossings(ranks, below, place) {
  let count = 0;
  for (const rank of ranks) {
    const inOrder = [...rank].sort((a, b) => place[a] - place[b]);
    const ends = inOrder.flatMap((node) =>
      below[node].map((to) => place[to]).sort((a, b) => a - b),
    );
    count += inversions(ends);
  }
  return count;
}

// Pairs in the wrong order, by a tree of sums.
function inversions(ends) {
  const size = ends.reduce((most, end) => Math.max(most, end), 0) + 2;
  const sums = new Int32Array(size + 1);
  let count = 0;
  ends.forEach((end, seen) => {
    let before = 0;
    for (let at = end + 1; at > 0; at -= at & -at) before += sums[at];
    count += seen - before;
    for (let at = end + 1; at <= size; at += at & -at) sums[at] += 1;
  });
  return count;
}
