// What the graph is made of before it has places: nodes with their sizes, arrows with their labels.

import { widthOf, wrapped } from "./text.js";
import { labelOf } from "./words.js";

export const HEIGHT = 46;
export const LINE = 14; // of a label
export const PADDING = 11;
export const ICON = 21;
const LEAST_NAME = 76;
const MOST_NAME = { wide: 196, narrow: 148 };
const COUNTER = 44;
const LABEL_WIDTH = 156;
const LABEL_NARROW = 116;
const MOST_LINES = 3;
const MOST_RULES = 3;

/**
 * `{nodes: Map, edges}` of what GET /v1/state-machines/{machine} answers. `plain` leaves out the
 * room for a status, `narrow` that for a type beside it. Arrows that an execution's history doesn't
 * tell apart are one: those of all rules that lead from a Choice to the same state, and those of all
 * Catches that do.
 */
export function modelOf({ graph, definition }, { plain = false, narrow = false } = {}) {
  const again = returning(graph);
  const retried = retriedIn(definition);
  const nodes = new Map();
  for (const node of graph.nodes) {
    if (nodes.has(node.id)) continue;
    const { id } = node;
    // What a distributed Map runs, it runs in executions of their own: nothing is known of it here.
    const around = nodes.get(node.parent);
    const apart = Boolean(around?.apart || around?.mapMode === "DISTRIBUTED");
    nodes.set(
      id,
      sized({ ...node, apart }, { plain, narrow, again: again.has(id), retried: retried.has(id) }),
    );
  }
  const within = ({ source, target }) => {
    const [a, b] = [nodes.get(source), nodes.get(target)];
    return a && b && a.parent === b.parent && a.branch === b.branch;
  };
  const edges = merged(graph.edges.filter(within));
  return { nodes, edges: edges.map((edge) => labelled(edge, narrow ? LABEL_NARROW : LABEL_WIDTH)) };
}

function sized(node, { plain, narrow, again, retried }) {
  const { id, type, parent, branch, start, end, comment, apart } = node;
  const counter = again ? COUNTER : 0;
  const second = plain
    ? widthOf(type, "fact")
    : (narrow ? 0 : widthOf(`${type} · `, "fact")) + widthOf("SUCCEEDED", "word");
  const facts = { Map: " · 000/000 items", Parallel: "" }[type] ?? (retried ? " · 2 retries" : "");
  const third =
    plain || (narrow && !retried) ? 0 : widthOf("SUCCEEDED", "word") + widthOf(facts, "fact");
  const least = Math.max(LEAST_NAME, second, third);
  const most = Math.max(least, narrow ? MOST_NAME.narrow : MOST_NAME.wide);
  const name = Math.min(most, Math.max(widthOf(id, "name") + 1 + counter, least));
  const box = type === "Map" || type === "Parallel";
  return {
    id,
    type,
    parent: parent ?? null,
    branch: branch ?? 0,
    start,
    end,
    apart,
    comment,
    box,
    waitsForCallback: node.waits_for_callback,
    mapMode: node.map_mode,
    counter,
    width: Math.ceil(name) + 2 * PADDING + (plain ? 0 : ICON),
    height: HEIGHT,
  };
}

// What may be entered more than once: what is in a Map, or on a way that leads back.
function returning({ nodes, edges }) {
  const parents = new Map(nodes.map((node) => [node.id, node]));
  const onward = new Map();
  for (const { source, target } of edges) {
    if (!onward.has(source)) onward.set(source, []);
    onward.get(source).push(target);
  }
  const found = loops(nodes, onward);
  for (const node of nodes) {
    for (let each = node; each?.parent; each = parents.get(each.parent)) {
      if (parents.get(each.parent)?.type === "Map" || found.has(each.parent)) found.add(node.id);
    }
  }
  return found;
}

// Tarjan's strongly connected components, without recursion: those of more than one state, or a
// state that leads to itself.
function loops(nodes, onward) {
  const found = new Set();
  const index = new Map();
  const low = new Map();
  const path = [];
  const onPath = new Set();
  const begin = (id) => {
    index.set(id, index.size);
    low.set(id, index.get(id));
    path.push(id);
    onPath.add(id);
    return { id, next: 0 };
  };
  const end = (id) => {
    const from = path.lastIndexOf(id);
    const component = path.splice(from);
    for (const each of component) onPath.delete(each);
    if (component.length > 1 || onward.get(id)?.includes(id))
      component.forEach((x) => found.add(x));
  };
  for (const node of nodes) {
    const calls = index.has(node.id) ? [] : [begin(node.id)];
    while (calls.length) {
      const call = calls.at(-1);
      const target = onward.get(call.id)?.[call.next++];
      if (target !== undefined) {
        if (!index.has(target)) calls.push(begin(target));
        else if (onPath.has(target))
          low.set(call.id, Math.min(low.get(call.id), index.get(target)));
        continue;
      }
      calls.pop();
      const above = calls.at(-1)?.id;
      if (above !== undefined) low.set(above, Math.min(low.get(above), low.get(call.id)));
      if (low.get(call.id) === index.get(call.id)) end(call.id);
    }
  }
  return found;
}

function retriedIn(definition) {
  const found = new Set();
  const scopes = [definition];
  while (scopes.length) {
    const states = scopes.pop()?.States;
    for (const [name, state] of Object.entries(states ?? {})) {
      if (state?.Retry?.length) found.add(name);
      scopes.push(...(state?.Branches ?? []), state?.ItemProcessor, state?.Iterator);
    }
  }
  return found;
}

function merged(edges) {
  const found = new Map();
  for (const { source, target, kind, label } of edges) {
    const caught = kind === "catch";
    const id = JSON.stringify([source, target, caught]);
    if (!found.has(id)) found.set(id, { id, source, target, caught, transitions: [] });
    found.get(id).transitions.push({ kind, label });
  }
  return [...found.values()];
}

function labelled(edge, most) {
  const texts = edge.transitions.map(labelOf).filter(Boolean);
  const shown = texts.length > MOST_RULES ? texts.slice(0, MOST_RULES - 1) : texts;
  const each = texts.length > 1 ? 1 : MOST_LINES;
  const lines = shown.flatMap((text) => wrapped(text, most, "label", each));
  if (shown.length < texts.length) lines.push(`+ ${texts.length - shown.length} more`);
  const width = lines.length
    ? Math.ceil(Math.max(...lines.map((l) => widthOf(l, "label")))) + 10
    : 0;
  return {
    ...edge,
    lines,
    texts,
    most,
    width,
    height: lines.length * LINE + (lines.length ? 4 : 0),
  };
}

/** All of a label's text in lines, for those who want to read what was cut. */
export function wholeLabel(edge) {
  return edge.texts.flatMap((text) => wrapped(text, edge.most, "label", Infinity));
}
