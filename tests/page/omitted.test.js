// Values too large for the transport: fetched before anybody sees the message, and in order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behind, filled } from "../../service/web/static/omitted.js";
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

test("an execution's own fields and the pending tasks are filled in", () => {
  const message = update("9:5", { omitted: ["execution.output", "tasks"] });
  const whole = update("9:5", { execution: { output: "out" }, tasks: [{ event_id: 7 }] });
  assert.deepEqual(filled(message, SHOWN), whole);
  assert.deepEqual(message.execution, {});
});

test("a snapshot's fields and states are filled in, a state told by its whole name", () => {
  const cut = state("A.b", "FAILED", { error: "E", cause: null });
  const message = subscribed({
    snapshot: snapshot({ input: null, states: [state("A"), cut] }),
    omitted: ["execution.input", "states.A.b.last_error.cause", "tasks"],
  });
  const { snapshot: whole } = filled(message, SHOWN);
  assert.deepEqual(whole.input, { large: 1 });
  assert.deepEqual(whole.tasks, [{ event_id: 7 }]);
  assert.deepEqual(
    whole.states.map(({ last_error }) => last_error),
    [null, { error: "E", cause: "of A.b" }],
  );
});

test("what the snapshot has not stays named", () => {
  const omitted = ["states.Gone.last_error.cause", "events.9.x.input", "unheard.of"];
  const message = complete({ omitted: [...omitted, "execution.output"] });
  assert.deepEqual(filled(message, SHOWN), complete({ output: "out", omitted }));
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
  const first = subscribed({ snapshot: snapshot({ input: null }), omitted: ["execution.input"] });
  (await scene.live()).say(READY, first, complete({ omitted: ["execution.output"] }));
  await settle();
  const view = scene.messages.reduce(apply, EMPTY);
  assert.deepEqual(view.execution.input, { large: 1 });
  assert.equal(view.execution.output, "out");
  assert.equal(scene.ended.reason, "");
});

test("what comes meanwhile waits its turn, the socket's end too, but not a ping", async (t) => {
  const answer = later();
  const scene = stage(t, { snapshot: () => answer.promise });
  const socket = await scene.live();
  socket.say(READY, subscribed(), update("9:3", { omitted: ["tasks"] }));
  socket.say(update("9:4"), { type: "ping" }, complete());
  socket.end(1000);
  await settle();
  assert.deepEqual(
    scene.messages.map((message) => message.type),
    ["subscribed"],
  );
  assert.deepEqual(socket.sent, [{ type: "pong" }]);
  answer.resolve(SHOWN);
  await settle();
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
  (await scene.live()).say(READY, complete({ omitted: ["execution.output"] }));
  await settle();
  assert.equal(scene.messages.length, 0);
  await scene.pass(500);
  assert.equal(scene.messages[0].output, "out");
});

test("a snapshot that can't be had is a cut before the message", async (t) => {
  const scene = stage(t, { snapshot: () => Promise.reject(new Error("No answer")) });
  (await scene.live()).say(READY, subscribed(), update("9:3", { omitted: ["tasks"] }));
  await scene.pass(500);
  assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:2`);
  assert.equal(scene.sockets.length, 2);
});

test("a refused one ends it with the reason", async (t) => {
  const refusal = Object.assign(new Error("Not allowed."), { final: true });
  const scene = stage(t, { snapshot: () => Promise.reject(refusal) });
  (await scene.live()).say(READY, update("9:3", { omitted: ["tasks"] }));
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.ended.reason, "Not allowed.");
});

test("a cut meanwhile resumes before the message", async (t) => {
  const answer = later();
  const scene = stage(t, { snapshot: () => answer.promise });
  (await scene.live()).say(READY, subscribed(), update("9:3", { omitted: ["tasks"] }));
  await scene.pass(50_500);
  assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:2`);
  answer.resolve(SHOWN);
  await settle();
  assert.equal(scene.messages.length, 1);
});

test("without a way to fetch them such messages come as they are", async (t) => {
  const scene = stage(t);
  const message = update("9:3", { omitted: ["tasks"] });
  (await scene.live()).say(READY, message);
  assert.deepEqual(scene.messages, [message]);
});
