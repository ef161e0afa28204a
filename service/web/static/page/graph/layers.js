// One scope in layers: boxes by rank, arrows in pieces from rank to rank, and a place for each.

import { Graph, networkSimplex, positionX } from "../../vendor/dagre.js";
import { order } from "./order.js";

/**
 * `{boxes, chains}`: of each node `{x, y, rank}`, its centre and rank, and of each arrow where it
 * goes through the ranks between its ends (`points`), and its label's centre. The arrows make no
 * circle. `gap` is between boxes, `beside` between arrows, `rank` between ranks. Every second rank is
 * one of boxes; those between are for labels.
 */
export function layered(nodes, arrows, { gap, beside, rank }) {
  const labels = new Map(nodes.map(({ id, width, height }) => [id, { width, height }]));
  const names = new Map(nodes.map(({ id }, number) => [id, `n${number}`]));
  giveRanks(arrows, labels, names);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ nodesep: gap, edgesep: beside });
  for (const [id, name] of names) graph.setNode(name, labels.get(id));
  const chains = new Map(arrows.map((arrow) => [arrow.id, chained(graph, arrow, labels, names)]));
  order(graph);
  placeRanks(graph, rank / 2);
  for (const [name, x] of Object.entries(positionX(graph))) graph.node(name).x = x;
  const point = ({ x, y }) => ({ x, y });
  for (const [id, { pieces, label }] of chains) {
    chains.set(id, { points: pieces.map(point), label: label && point(label) });
  }
  return { boxes: labels, chains };
}

// A root above all makes one graph of what may be several.
function giveRanks(arrows, labels, names) {
  const graph = new Graph();
  graph.setGraph({});
  graph.setNode("root", {});
  for (const [id, name] of names) {
    graph.setNode(name, labels.get(id));
    graph.setEdge("root", name, { weight: 0, minlen: 1 });
  }
  for (const { from, to } of arrows) {
    const known = graph.edge(names.get(from), names.get(to));
    graph.setEdge(names.get(from), names.get(to), { weight: 1 + (known?.weight ?? 0), minlen: 1 });
  }
  networkSimplex(graph);
  const least = Math.min(...[...labels.values()].map((label) => label.rank));
  for (const label of labels.values()) label.rank = 2 * (label.rank - least);
}

function chained(graph, { id, from, to, width, height }, labels, names) {
  const [first, last] = [labels.get(from).rank, labels.get(to).rank];
  const pieces = [];
  let before = names.get(from);
  const middle = Math.floor((first + last) / 2);
  for (let rank = first + 1; rank < last; rank += 1) {
    const labelled = width > 0 && rank === middle;
    const size = labelled ? { width, height } : { width: 0, height: 0 };
    const piece = { ...size, rank, dummy: labelled ? "edge-label" : "edge" };
    const name = `e${id} ${rank}`;
    graph.setNode(name, piece);
    graph.setEdge(before, name, { weight: 1 });
    pieces.push(piece);
    before = name;
  }
  graph.setEdge(before, names.get(to), { weight: 1 }, id);
  return { pieces, label: width > 0 ? pieces.find((piece) => piece.rank === middle) : null };
}

function placeRanks(graph, between) {
  const ranks = [];
  for (const name of graph.nodes()) (ranks[graph.node(name).rank] ??= []).push(graph.node(name));
  let top = 0;
  for (const rank of ranks) {
    const height = Math.max(0, ...(rank ?? []).map((label) => label.height));
    for (const label of rank ?? []) label.y = top + height / 2;
    top += height + between;
  }
}
