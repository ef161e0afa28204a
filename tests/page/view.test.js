// What a follower holds: whole states, replaced; nothing is derived.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, apply } from "../../service/web/static/view.js";
import { complete, snapshot, state, subscribed, update } from "./stage.js";

const OPENED = apply(EMPTY, subscribed({ snapshot: snapshot({ states: [state("Charge")] }) }));

test("a view starts from the snapshot", () => {
  assert.equal(OPENED.execution.status, "RUNNING");
  assert.deepEqual([...OPENED.states.keys()], ["Charge"]);
});

test("an update replaces whole states and keeps the others", () => {
  const done = state("Charge", "SUCCEEDED");
  const view = apply(OPENED, update("9:3", { states: [done, state("Ship")] }));
  assert.deepEqual([...view.states], [
    ["Charge", done],
    ["Ship", state("Ship")],
  ]);
});

test("applying a message twice changes nothing", () => {
  const messages = [
    update("9:3", { execution: { output: 7 }, states: [state("Ship")], tasks: [{ event_id: 7 }] }),
    complete({ status: "FAILED", error: "Boom" }),
    { type: "reset", snapshot: snapshot({ states: [state("Pack")] }), cursor: "9:4" },
  ];
  for (const message of messages) {
    const once = apply(OPENED, message);
    assert.notDeepEqual(once, OPENED);
    assert.deepEqual(apply(once, message), once);
  }
});

test("tasks are replaced as a whole, and kept where an update has none", () => {
  const waiting = apply(OPENED, update("9:3", { tasks: [{ event_id: 14 }] }));
  assert.deepEqual(apply(waiting, update("9:4")).tasks, [{ event_id: 14 }]);
  assert.deepEqual(apply(waiting, update("9:4", { tasks: [] })).tasks, []);
});

test("a recovered subscription keeps what is held, and fills an empty view", () => {
  const recovered = subscribed({ recovered: true, cursor: "9:8" });
  assert.equal(apply(OPENED, recovered), OPENED);
  assert.equal(apply(EMPTY, recovered).execution.status, "RUNNING");
});

test("completion sets the outcome", () => {
  const view = apply(OPENED, complete({ status: "FAILED", error: "Boom" }));
  assert.deepEqual([view.execution.status, view.execution.error], ["FAILED", "Boom"]);
});
