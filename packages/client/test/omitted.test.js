// Messages too large for the transport: their content is fetched before anybody sees them, in order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behind, filled } from "../src/omitted.js";
import { ID, READY, answer, complete, problem, settle, snapshot, stage } from "./stage.js";
import { state, subscribed, update } from "./stage.js";

const PATH = `/v1/executions/${ID}`;
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

/** A message without its content. */
const bare = (type, cursor, members = {}) => ({
  type,
  id: "s1",
  cursor,
  omitted: ["*"],
  links: { self: PATH },
  ...members,
});
const cursors = (seen) => seen.messages.map(({ cursor }) => cursor);

test("an update gets all fields, states and tasks", () => {
  const message = bare("update", "9:5");
  const { states, tasks, cursor, links, ...execution } = SHOWN;
  assert.deepEqual(filled(message, SHOWN), update("9:5", { execution, states, tasks }));
  assert.deepEqual(filled(message, SHOWN, [{ id: 5 }]).events, [{ id: 5 }]);
  assert.deepEqual(message.omitted, ["*"]);
});

test("a snapshot stands under the message's cursor", () => {
  assert.deepEqual(filled(bare("reset", "9:5", { reason: "Too far behind." }), SHOWN), {
    type: "reset",
    id: "s1",
    cursor: "9:5",
    reason: "Too far behind.",
    snapshot: { ...SHOWN, cursor: "9:5" },
  });
  const first = bare("subscribed", "9:2", { recovered: false });
  assert.deepEqual(filled(first, SHOWN), subscribed({ snapshot: { ...SHOWN, cursor: "9:2" } }));
});

test("an outcome keeps its status", () => {
  const message = bare("complete", "9:9", { status: "FAILED" });
  assert.deepEqual(filled(message, SHOWN), complete({ status: "FAILED", output: "out" }));
});

test("cursors are compared within one execution only", () => {
  assert.equal(behind("9:4", "9:5"), true);
  assert.equal(behind("9:5", "9:5"), false);
  assert.equal(behind("9:10", "9:9"), false);
  assert.equal(behind("8:1", "9:5"), false);
  assert.equal(behind(undefined, "9:5"), false);
});

test("a view made of the completed messages is the whole one", async (t) => {
  const scene = stage(t);
  scene.answers[PATH] = () => answer(SHOWN);
  const seen = scene.watch();
  const first = bare("subscribed", "9:2", { recovered: false });
  const last = bare("complete", "9:9", { status: "SUCCEEDED" });
  (await scene.live()).say(READY, first, bare("update", "9:5"), last);
  await seen.done;
  const view = seen.run.getSnapshot();
  assert.deepEqual(view.execution.input, { large: 1 });
  assert.equal(view.execution.output, "out");
  assert.deepEqual([...view.states.keys()], ["A", "A.b"]);
  assert.deepEqual(view.tasks, [{ event_id: 7 }]);
  assert.deepEqual(scene.asked, ["2", "5", "9"].map((at) => `GET ${PATH}?after=9%3A${at}`));
});

test("what comes meanwhile waits its turn, but not a ping", async (t) => {
  const given = later();
  const scene = stage(t);
  scene.answers[PATH] = () => given.promise;
  const seen = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed(), bare("update", "9:3"));
  socket.say(update("9:4"), { type: "ping" }, complete());
  await settle();
  assert.deepEqual(cursors(seen), ["9:2"]);
  assert.deepEqual(socket.types(), ["subscribe", "pong"]);
  given.resolve(answer(SHOWN));
  await seen.done;
  assert.deepEqual(cursors(seen), ["9:2", "9:3", "9:4", "9:9"]);
  assert.deepEqual(seen.messages[1].tasks, [{ event_id: 7 }]);
});

test("a snapshot behind the stream is asked for again", async (t) => {
  const snapshots = [snapshot({ cursor: "9:2" }), SHOWN];
  const scene = stage(t);
  scene.answers[PATH] = () => answer(snapshots.shift());
  const seen = scene.watch();
  (await scene.live()).say(READY, bare("complete", "9:9", { status: "SUCCEEDED" }));
  await settle();
  assert.equal(seen.messages.length, 0);
  await scene.pass(500);
  assert.equal(seen.messages[0].output, "out");
});

test("a snapshot that can't be had is a cut before the message", async (t) => {
  const scene = stage(t);
  scene.answers[PATH] = () => problem(503, "unavailable", { retryable: true });
  const seen = scene.watch();
  (await scene.live()).say(READY, subscribed(), bare("update", "9:3"));
  await scene.pass(2000);
  assert.equal(seen.run.connection.state, "resuming");
  await scene.pass(3000);
  const asked = scene.sockets.at(-1).readyState ? scene.sockets.at(-1) : await scene.live();
  assert.equal(asked.sent.findLast(({ type }) => type === "subscribe").after, "9:2");
});

test("a refused one ends it with the reason", async (t) => {
  const scene = stage(t);
  scene.answers[PATH] = () => problem(403, "forbidden");
  const seen = scene.watch();
  (await scene.live()).say(READY, bare("update", "9:3"));
  await seen.done;
  assert.deepEqual([seen.failure.code, seen.failure.message], ["forbidden", "It is forbidden."]);
  assert.equal(seen.run.connection.state, "ended");
});

test("a cut meanwhile resumes before the message", async (t) => {
  const given = later();
  const scene = stage(t);
  scene.answers[PATH] = () => given.promise;
  const seen = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed(), bare("update", "9:3"));
  await settle();
  socket.end(1006);
  await scene.pass(500);
  assert.equal((await scene.live()).sent[0].after, "9:2");
  given.resolve(answer(SHOWN));
  await settle();
  assert.deepEqual(cursors(seen), ["9:2"]);
});

test("at level events those since the held cursor are fetched, a page at a time", async (t) => {
  const pages = [
    { events: [{ id: 3 }, { id: 4 }], cursor: "9:4" },
    { events: [], cursor: "9:4" },
    { events: [{ id: 5 }, { id: 6 }], cursor: "9:6" },
  ];
  const scene = stage(t);
  scene.answers[PATH] = () => answer(SHOWN);
  scene.answers[`${PATH}/events`] = () => answer(pages.shift());
  const seen = scene.watch(ID, { level: "events" });
  (await scene.live()).say(READY, subscribed(), bare("update", "9:5"), update("9:6"));
  await scene.pass(500);
  const asked = scene.asked.filter((path) => path.includes("events"));
  assert.deepEqual(asked, ["2", "4", "4"].map((at) => `GET ${PATH}/events?after=9%3A${at}`));
  assert.deepEqual(seen.messages[1].events, [{ id: 3 }, { id: 4 }, { id: 5 }]);
  assert.deepEqual(seen.messages[1].states, SHOWN.states);
  assert.equal(seen.messages[2].cursor, "9:6");
});

test("events that stay behind are a cut before the message", async (t) => {
  const scene = stage(t);
  scene.answers[PATH] = () => answer(SHOWN);
  scene.answers[`${PATH}/events`] = () => answer({ events: [], cursor: "9:2" });
  const seen = scene.watch(ID, { level: "events" });
  (await scene.live()).say(READY, subscribed(), bare("update", "9:5"));
  await scene.pass(4000);
  assert.equal(seen.run.connection.reason, "The service's snapshot is behind its stream.");
  assert.deepEqual(cursors(seen), ["9:2"]);
});
