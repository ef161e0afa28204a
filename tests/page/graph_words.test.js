// What the graph says: rules, errors, facts, and names for screen readers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { modelOf, wholeLabel } from "../../service/web/static/page/graph/model.js";
import { cutMiddle, widthOf, wrapped } from "../../service/web/static/page/graph/text.js";
import { factsOf, ruleText, spoken, waysOf } from "../../service/web/static/page/graph/words.js";
import { machineOf, POLL } from "./graph_machines.js";

test("a rule is said as people say it", () => {
  const said = {
    "$.amount NumericGreaterThanEquals 1000": "$.amount ≥ 1000",
    '$.a StringEquals "x y"': '$.a = "x y"',
    '$.a NumericLessThanPath "$.b"': "$.a < $.b",
    "$.note IsPresent false": "$.note is not present",
    "$.ok IsPresent true and $.ok BooleanEquals true": "$.ok = true",
    '$.name StringMatches "A*"': '$.name matches "A*"',
    "$amount > 3 and $count($items) = 2": "$amount > 3 and $count($items) = 2",
    'not $.a TimestampLessThan "2026-01-01T00:00:00Z"': 'not $.a < "2026-01-01T00:00:00Z"',
  };
  for (const [rule, text] of Object.entries(said)) assert.equal(ruleText(rule), text);
});

test("a text is cut in its middle and keeps both ends", () => {
  const long = "$.a.very.long.path.to.something.deep ≥ 1000";
  const cut = cutMiddle(long, 120, "label");
  assert.ok(widthOf(cut, "label") <= 120);
  assert.match(cut, /^\$\.a\..*….*1000$/);
  assert.equal(cutMiddle("short", 120, "label"), "short");
  const lines = wrapped(`${long} and ${long}`, 120, "label", 2);
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => widthOf(line, "label") <= 120));
  const error = wrapped("States.ExceedToleratedFailureThreshold", 130, "label", 3);
  assert.deepEqual(error, ["States.Exceed", "ToleratedFailure", "Threshold"]);
  assert.deepEqual(wrapped("x".repeat(60), 120, "label", Infinity).join(""), "x".repeat(60));
});

test("rules that lead to the same state are one arrow with all of them", () => {
  const { edges } = modelOf(POLL);
  const [report] = edges.filter((edge) => edge.target === "Report");
  assert.deepEqual(report.lines, ['$.status = "SUCCEEDED"', '$.status = "SKIPPED"']);
  const choices = Array.from({ length: 6 }, (_, n) => ({
    Next: "B",
    says: `$.n NumericEquals ${n}`,
  }));
  const States = { A: { Type: "Choice", Choices: choices, Default: "B" }, B: { Type: "Succeed" } };
  const [all] = modelOf(machineOf({ StartAt: "A", States })).edges;
  assert.deepEqual(all.lines, ["$.n = 0", "$.n = 1", "+ 5 more"]);
  assert.deepEqual(wholeLabel(all).at(-1), "default");
});

test("a Next and a Catch to the same state are two arrows", () => {
  const Catch = [{ ErrorEquals: ["Boom"], Next: "B" }];
  const States = { A: { Type: "Task", Next: "B", Catch }, B: { Type: "Succeed" } };
  const { edges } = modelOf(machineOf({ StartAt: "A", States }));
  assert.deepEqual(
    edges.map((edge) => [edge.caught, edge.lines]),
    [
      [false, []],
      [true, ["Boom"]],
    ],
  );
});

test("a state is named by what it is and what happened", () => {
  const node = { id: "Charge", type: "Task", start: false, end: false };
  const state = { status: "TIMED_OUT", retries: 2, entered: 3 };
  assert.equal(spoken(node, state, true), "Charge, Task, TIMED OUT, 2 retries, entered 3 times");
  assert.equal(spoken(node, null, true), "Charge, Task, not entered");
  assert.equal(
    spoken({ ...node, start: true, end: true }, null, false),
    "Charge, Task, start, end",
  );
});

test("what runs in child executions is not said to be ahead", () => {
  const States = {
    A: { Type: "Map", ItemProcessor: { StartAt: "B", States: { B: { Type: "Fail" } } } },
  };
  const machine = machineOf({ StartAt: "A", States: { A: { ...States.A, End: true } } });
  machine.graph.nodes[0].map_mode = "DISTRIBUTED";
  const { nodes } = modelOf(machine);
  assert.deepEqual([nodes.get("A").apart, nodes.get("B").apart], [false, true]);
  assert.equal(
    spoken(nodes.get("B"), null, false),
    "B, Fail, runs in child executions, start, end",
  );
});

test("a Map tells how many of its items are over, as far as that is known", () => {
  const items = { total: 12, running: 4, succeeded: 7, failed: 1, aborted: 0 };
  assert.deepEqual(factsOf({ items, retries: 1 }), ["8/12 items", "1 failed", "1 retry"]);
  const unknown = { total: 12, running: null, succeeded: null, failed: null, aborted: null };
  assert.deepEqual(factsOf({ items: unknown, retries: 0 }), ["12 items"]);
  assert.deepEqual(factsOf({ items: { ...unknown, total: null }, retries: 0 }), []);
});

test("where a state's arrows lead is said too", () => {
  const own = modelOf(POLL).edges.filter((edge) => edge.source === "Done?");
  const said = waysOf(own);
  assert.match(said, /to Report if \$\.status = "SUCCEEDED"/);
  assert.match(said, /to Wait a while by default/);
});
