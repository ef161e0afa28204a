// Messages too large for the transport: their content is fetched before anybody sees them, in order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behind, filled } from "../../service/web/static/live.js";
import { EMPTY, apply } from "../../service/web/static/view.js";
import {
  READY,
  URL_,
  complete,
  settle,
  snapshot,
  stage,
  state,
  subscribed,
  update,
} from "./stage.js";

const SHOWN = snapshot({
  input: { large: 1 },
  output: "out",
  states: [
    state("A", "FAILED", { error: "E", cause: "of A" }),
    state("A.b", "FAILED", { error: "E", cause: "of A.b" }),
  ],
  tasks: [{ event_id: 7 }],
  cursor: "9:9",
});

/** A promise with its ends outside. */
function later() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

const FIELDS = { execution: "order:one", status: "RUNNING", input: { large: 1 }, output: "out" };

/** A message without its content. */
const omitted = (message) => ({
  ...message,
  omitted: ["*"],
  links: { self: "/v1/executions/order:one" },
});
const bare = (type, cursor, members = {}) => omitted({ type, id: "0", cursor, ...members });

test("an update gets all fields, states and tasks", () => {
  const message = bare("update", "9:5");
  const whole = { execution: FIELDS, states: SHOWN.states, tasks: [{ event_id: 7 }] };
  assert.deepEqual(filled(message, { ...SHOWN, links: {} }), update("9:5", whole));
  assert.deepEqual(message.omitted, ["*"]);
});

test("events are those that were fetched", () => {
  const whole = filled(bare("update", "9:5"), SHOWN, [{ id: 5 }]);
  assert.deepEqual(whole.events, [{ id: 5 }]);
  assert.deepEqual(whole.states, SHOWN.states);
});

test("a snapshot stands under the message's cursor", () => {
  const kept = { reason: "Too far behind." };
  assert.deepEqual(filled(bare("reset", "9:5", kept), SHOWN), {
    type: "reset",
    id: "0",
    cursor: "9:5",
    reason: "Too far behind.",
    snapshot: { ...SHOWN, cursor: "9:5" },
  });
  const first = bare("subscribed", "9:2", { recovered: false });
  assert.deepEqual(filled(first, SHOWN), subscribed({ snapshot: { ...SHOWN, cursor: "9:2" } }));
});

test("an outcome keeps its status", () => {
  const message = bare("complete", "9:9", { status: "FAILED" });
  const told = { status: "FAILED", output: "out", error: null, cause: null };
  assert.deepEqual(filled(message, SHOWN), complete(told));
});

test("cursors are compared within one execution only", () => {
  assert.equal(behind("9:4", "9:5"), true);
  assert.equal(behind("9:5", "9:5"), false);
  assert.equal(behind("9:10", "9:9"), false);
  assert.equal(behind("8:1", "9:5"), false);
  assert.equal(behind(undefined, "9:5"), false);
});

test("a view made of the completed messages is the whole one", async (t) => {
  const scene = stage(t, { snapshot: async () => SHOWN });
  const first = bare("subscribed", "9:2", { recovered: false });
  const last = bare("complete", "9:9", { status: "SUCCEEDED" });
  (await scene.live()).say(READY, first, bare("update", "9:5"), last);
  await run_until_idle();
  const view = scene.messages.reduce(apply, EMPTY);
  assert.deepEqual(view.execution.input, { large: 1 });
  assert.equal(view.execution.output, "out");
  assert.deepEqual([...view.states.keys()], ["A", "A.b"]);
  assert.deepEqual(view.tasks, [{ event_id: 7 }]);
  assert.equal(scene.ended.reason, "");
});

test("what comes meanwhile waits its turn, the socket's end too, but not a ping", async (t) => {
  const answer = later();
  const scene = stage(t, { snapshot: () => answer.promise });
  const socket = await scene.live();
  socket.say(READY, subscribed(), bare("update", "9:3"));
  socket.say(update("9:4"), { type: "ping" }, complete());
  socket.end(1000);
  await run_until_idle();
  assert.deepEqual(
    scene.messages.map((message) => message.type),
    ["subscribed"],
  );
  assert.deepEqual(socket.sent, [{ type: "pong" }]);
  answer.resolve(SHOWN);
  await run_until_idle();
  assert.deepEqual(
    scene.messages.map((message) => message.cursor),
    ["9:2", "9:3", "9:4", "9:9"],
  );
  assert.deepEqual(scene.messages[1].tasks, [{ event_id: 7 }]);
  assert.deepEqual([scene.ended.code, scene.ended.reason], [null, ""]);
});

test("a snapshot behind the stream is asked for again", async (t) => {
  const snapshots = [snapshot({ cursor: "9:2" }), SHOWN];
  const scene = stage(t, { snapshot: async () => snapshots.shift() });
  (await scene.live()).say(READY, bare("complete", "9:9", { status: "SUCCEEDED" }));
  await run_until_idle();
  assert.equal(scene.messages.length, 0);
  await scene.pass(500);
  assert.equal(scene.messages[0].output, "out");
});

test("a snapshot that can't be had is a cut before the message", async (t) => {
  const scene = stage(t, { snapshot: () => Promise.reject(new Error("No answer")) });
  (await scene.live()).say(READY, subscribed(), bare("update", "9:3"));
  await scene.pass(500);
  assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:2`);
  assert.equal(scene.sockets.length, 2);
});

test("a refused one ends it with the reason", async (t) => {
  const refusal = Object.assign(new Error("Not allowed."), { final: true });
  const scene = stage(t, { snapshot: () => Promise.reject(refusal) });
  (await scene.live()).say(READY, bare("update", "9:3"));
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.ended.reason, "Not allowed.");
});

test("a cut meanwhile resumes before the message", async (t) => {
  const answer = later();
  const scene = stage(t, { snapshot: () => answer.promise });
  (await scene.live()).say(READY, subscribed(), bare("update", "9:3"));
  await scene.pass(50_500);
  assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:2`);
  answer.resolve(SHOWN);
  await run_until_idle();
  assert.equal(scene.messages.length, 1);
});

test("without a way to fetch them such messages come as they are", async (t) => {
  const scene = stage(t);
  const message = bare("update", "9:3");
  (await scene.live()).say(READY, message);
  assert.deepEqual(scene.messages, [message]);
});

test("at level events those since the held cursor are fetched, a page at a time", async (t) => {
  const asked = [];
  const pages = [
    { events: [{ id: 3 }, { id: 4 }], cursor: "9:4" },
    { events: [], cursor: "9:4" },
    { events: [{ id: 5 }, { id: 6 }], cursor: "9:6" },
  ];
  const events = async (after) => {
    asked.push(after);
    return pages.shift();
  };
  const scene = stage(t, { snapshot: async () => SHOWN, events });
  (await scene.live()).say(READY, subscribed(), bare("update", "9:5"), update("9:6"));
  await scene.pass(500);
  assert.deepEqual(asked, ["9:2", "9:4", "9:4"]);
  assert.deepEqual(scene.messages[1].events, [{ id: 3 }, { id: 4 }, { id: 5 }]);
  assert.deepEqual(scene.messages[1].states, SHOWN.states);
  assert.equal(scene.messages[2].cursor, "9:6");
});

test("events that stay behind are a cut before the message", async (t) => {
  const events = async () => ({ events: [], cursor: "9:2" });
  const scene = stage(t, { snapshot: async () => SHOWN, events });
  (await scene.live()).say(READY, subscribed(), bare("update", "9:5"));
  await scene.pass(10_000);
  assert.equal(scene.messages.length, 1);
  assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:2`);
});
