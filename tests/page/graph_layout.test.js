// Where the graph's states, arrows and labels stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { layoutOf } from "../../service/web/static/page/graph/layout.js";
import { modelOf } from "../../service/web/static/page/graph/model.js";
import { onTurn } from "../../service/web/static/page/graph/routes.js";
import { arrow } from "../../service/web/static/page/graph/shapes.js";
import { faultsOf } from "./graph_checks.js";
import { fan, machineOf, NESTED, POLL, thicket } from "./graph_machines.js";

const laid = (machine, { narrow = false, plain = false } = {}) => {
  const model = modelOf(machine, { narrow, plain });
  return { model, layout: layoutOf(model, { narrow }) };
};
const edgeOf = ({ model, layout }, source, target) =>
  layout.edges.get(model.edges.find((e) => e.source === source && e.target === target).id);

test("no state, label or arrow stands where another does", () => {
  const machines = { POLL, NESTED, fan: fan(20), some: thicket(30), many: thicket(300) };
  for (const [name, machine] of Object.entries(machines)) {
    for (const narrow of [false, true]) {
      const { model, layout } = laid(machine, { narrow });
      assert.equal(layout.nodes.size, machine.graph.nodes.length);
      assert.equal(layout.edges.size, model.edges.length);
      assert.deepEqual(faultsOf(model, layout, onTurn), [], `${name}, narrow: ${narrow}`);
    }
  }
});

test("many branches stand in rows, few side by side", () => {
  const tops = (branches) => {
    const { nodes } = laid(fan(branches)).layout;
    const starts = Array.from({ length: branches }, (_, at) => Math.round(nodes.get(`A${at}`).y));
    return new Set(starts).size;
  };
  assert.equal(tops(4), 1);
  assert.ok(tops(20) > 1);
  const { width } = laid(fan(20)).layout;
  assert.ok(width < 1100, `${width}`);
  assert.ok(laid(fan(20), { narrow: true }).layout.width < 400);
});

test("what leads back goes upwards, and leads to itself beside it", () => {
  const drawn = laid(POLL);
  const back = edgeOf(drawn, "Done?", "Wait a while");
  assert.ok(back.pins[0].y > back.pins.at(-1).y);
  const own = edgeOf(drawn, "Done?", "Done?");
  const { x, width } = drawn.layout.nodes.get("Done?");
  assert.ok(own.pins.every((pin) => pin.x >= x + width));
});

test("arrows that lead far to one state share a rail beside everything", () => {
  const { model, layout } = laid(thicket(60));
  const far = model.edges.filter((edge) => edge.caught && edge.target === "State 59");
  const rails = far
    .map((edge) => layout.edges.get(edge.id))
    .filter((route) => route.pins.length === 6);
  assert.ok(rails.length > 2);
  assert.equal(new Set(rails.map((route) => route.pins[2].x)).size, 1);
  const right = Math.max(...[...layout.nodes.values()].map((node) => node.x + node.width));
  assert.ok(rails.every((route) => route.pins[2].x > right));
});

test("a line leaves out what its label stands on", () => {
  const { line, head } = arrow(edgeOf(laid(POLL), "Done?", "Failed"));
  assert.equal(line.match(/M/g).length, 2);
  assert.match(head, /^M.*Z$/);
  assert.equal(arrow(edgeOf(laid(POLL), "Begin", "Wait a while")).line.match(/M/g).length, 1);
});

test("what a definition lacks doesn't keep the rest from being drawn", () => {
  const empty = { StartAt: "A", States: { A: { Type: "Parallel", Branches: [], End: true } } };
  assert.equal(laid(machineOf(empty)).layout.nodes.size, 1);
  const apart = {
    StartAt: "B",
    States: { A: { Type: "Pass", End: true }, B: { Type: "Pass", End: true } },
  };
  const { model, layout } = laid(machineOf(apart));
  assert.deepEqual(faultsOf(model, layout, onTurn), []);
  assert.equal(laid({ graph: { nodes: [], edges: [] } }).layout.nodes.size, 0);
});
