// What lists of executions and of waiting tasks show, worked out of what was read.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as rows from "../../service/web/static/page/lists/rows.js";
import * as summary from "../../service/web/static/page/lists/summary.js";
import * as waiting from "../../service/web/static/page/overview/waiting_facts.js";
import { factsOf } from "../../service/web/static/page/ui/task_facts.js";
import { ExactNumber } from "../../service/web/static/client/index.js";

const AT = Date.parse("2026-11-27T10:00:00Z");
const time = (seconds) => new Date(AT + seconds * 1000).toISOString();

function row(name, startedS, more = {}) {
  const status = more.status ?? "SUCCEEDED";
  return { execution: `order:${name}`, name, status, started_at: time(startedS), stopped_at: null, ...more };
}

const names = (list) => list.map((each) => each.name);

test("what was read further back stands below the live head", () => {
  const live = [row("d", 4), row("c", 3)];
  const older = [row("c", 3, { status: "RUNNING" }), row("b", 2), row("a", 1)];
  const all = rows.merged(live, older, 2);
  assert.deepEqual(names(all), ["d", "c", "b", "a"]);
  assert.equal(all[1].status, "SUCCEEDED", "the head is the newer of the two");
  assert.equal(rows.merged(live, [], 2), live);
});

test("what is missing in the head by now is another status's", () => {
  const live = [row("d", 4), row("b", 2)];
  assert.deepEqual(names(rows.merged(live, [row("c", 3), row("a", 1)], 2)), ["d", "b", "a"]);
  assert.equal(rows.merged(live, [row("a", 1)], 3), live, "the head is all there is");
  assert.deepEqual(rows.merged([], [row("a", 1)], 50), []);
});

test("rows are found by how the name begins, and by time", () => {
  const all = [row("Order-3", 30), row("order-2", 20), row("refund-1", 10)];
  assert.equal(rows.matching(all, {}), all);
  assert.deepEqual(names(rows.matching(all, { prefix: "ORDER" })), ["Order-3", "order-2"]);
  assert.deepEqual(names(rows.matching(all, { prefix: "rder" })), []);
  assert.deepEqual(names(rows.matching(all, { from: AT + 15_000 })), ["Order-3", "order-2"]);
  assert.deepEqual(names(rows.matching(all, { from: AT, to: AT + 20_000 })), ["order-2", "refund-1"]);
});

test("a range of the address is a time, or two, or none", () => {
  assert.deepEqual(rows.timesOf("1h", AT), { from: AT - 3_600_000, to: null });
  assert.deepEqual(rows.timesOf("7d", AT), { from: AT - 7 * 86_400_000, to: null });
  assert.deepEqual(rows.timesOf("", AT), { from: null, to: null });
  assert.deepEqual(rows.timesOf("..", AT), { from: null, to: null });
  assert.deepEqual(rows.timesOf("<b>", AT), { from: null, to: null });
  const between = rows.timesOf("2026-11-27T08:00..2026-11-27T09:00", AT);
  assert.equal(between.to - between.from, 3_600_000 + 59_999, "the last minute is meant whole");
  assert.equal(rows.timesOf("..2026-11-27T09:00", AT).from, null);
});

test("what came on top waits while somebody reads below", () => {
  const all = [row("d", 4), row("c", 3), row("b", 2)];
  const [shown, fresh] = rows.withoutNew(all, ["order:b", "order:a"]);
  assert.deepEqual([names(shown), fresh], [["b"], 2]);
  assert.deepEqual(rows.withoutNew(all, ["order:d"]), [all, 0]);
  assert.deepEqual(rows.withoutNew(all, []), [all, 0]);
});

test("the typical duration is the middle one of those that succeeded", () => {
  const took = (name, seconds, more) => row(name, 0, { stopped_at: time(seconds), ...more });
  const some = [took("a", 9), took("b", 1), took("c", 2)];
  assert.equal(summary.typicalMs(some), 2000);
  assert.equal(summary.typicalMs([...some, took("d", 50, { status: "FAILED" }), row("e", 0)]), 2000);
  assert.equal(summary.typicalMs(some.slice(1)), null);
});

test("an execution is found in an id, an ARN and an address", () => {
  const arn = "arn:aws:states:eu-west-1:123456789012:execution:order:one";
  assert.equal(summary.executionIn(arn), "order:one");
  assert.equal(summary.executionIn(`${arn.replace(":execution:", ":express:")}:run`), "order:one:run");
  assert.equal(summary.executionIn(" order:one \n"), "order:one");
  assert.equal(summary.executionIn("https://x.test/p/#/executions/order:one?tab=events"), "order:one");
  assert.equal(summary.executionIn("https://x.test/#/executions/order%2FShip:7f"), "order/Ship:7f");
  for (const wrong of ["", "order", "a b:c", arn.replace(":execution:", ":stateMachine:"), "a:b:c:d"]) {
    assert.equal(summary.executionIn(wrong), null, wrong);
  }
});

test("counts say where there may be more", () => {
  assert.equal(summary.countText(7, false), "7");
  assert.match(summary.countText(1190, true), /^1.?190\+$/);
});

test("a waiting task is told apart by the author's facts, or by what it was given", () => {
  const facts = [
    { label: "Order", value: "A-1", missing: null },
    { label: "Nobody", value: null, missing: "There is no such member." },
    { label: "Amount", value: new ExactNumber("1.10"), missing: null },
  ];
  assert.deepEqual(factsOf({ title: "Approve order A-1?", facts, parameters: { x: 1 } }), [
    { label: "Amount", value: "1.10" },
  ]);
  const given = { QueueUrl: "https://queue", MessageBody: { id: 7, token: "[redacted]", deep: {} } };
  assert.deepEqual(factsOf({ facts: [], parameters: given }), [{ label: "id", value: "7" }]);
  assert.deepEqual(factsOf({ facts: [], parameters: null }), []);
  const long = factsOf({ parameters: { text: "x".repeat(500) } })[0].value;
  assert.equal(long.length, 61);
});

test("what wasn't looked into is said", () => {
  const machine = (running, read, complete) => ({ running, read, complete });
  const found = (complete, machines, unlisted = []) =>
    waiting.missing({ complete, state_machines: machines, unlisted });
  assert.equal(found(true, [machine(2, 2, true)]), null);
  assert.match(found(false, [machine(57, 40, false), machine(0, 0, true)]), /40 of 57 running/);
  assert.match(found(false, [machine(null, 0, false)]), /1 state machine wasn't/);
  assert.match(found(false, [], [{ state_machine: "a", detail: "Too often." }]), /a: Too often\./);
  assert.match(found(false, [machine(1, 1, false)]), /^Others may wait too, .* aren't listed/);
  const none = { complete: false, tasks: [], state_machines: [machine(1, 0, false)], unlisted: [] };
  assert.match(waiting.missing(none), /^Some may wait: 0 of 1/);
});

test("a search that isn't complete goes on sooner", () => {
  const found = (complete, running) => ({ complete, state_machines: [{ running }] });
  const pauses = [found(false, 1), found(true, 1), found(true, 0)].map(waiting.pauseMs);
  assert.deepEqual(pauses, [...pauses].sort((a, b) => a - b));
  assert.equal(waiting.pauseMs(found(true, 0), 500), pauses[0], "something has just changed");
  assert.ok(waiting.pauseMs(undefined) >= 5000);
});
