// What is left behind by whoever watched: nothing.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { READY, ID, complete, settle, stage, subscribed, update } from "./stage.js";

test("a run by which nobody listens is kept by nothing", (t) => {
  const { client } = stage(t);
  const abort = new AbortController();
  for (let at = 0; at < 1000; at += 1) {
    const run = client.watch(`order:${at}`, { signal: abort.signal });
    assert.equal(run.getSnapshot().connection.state, "idle");
  }
  assert.equal(client.streams.size, 0);
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});

test("watched and left a thousand times, nothing stays", async (t) => {
  const scene = stage(t);
  const { client } = scene;
  const abort = new AbortController();
  for (let at = 0; at < 1000; at += 1) {
    const run = client.watch(at % 2 ? ID : "order:two", { signal: abort.signal });
    const leave = run.subscribe(() => {});
    run.finished({ signal: abort.signal }).catch(() => {});
    if (at % 3) leave();
    run.close();
    assert.equal(getEventListeners(abort.signal, "abort").length, 1); // of finished, a moment yet
    await settle();
  }
  assert.equal(scene.sockets.length, 1);
  assert.equal(client.streams.size, 2);
  await scene.pass(5000);
  assert.equal(client.streams.size, 0);
  assert.equal(client.hub.streams.size, 0);
  assert.equal(client.hub.sockets.size, 0);
  assert.equal(scene.timers, 0);
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});

test("who comes back after a while shares with others, and closing leaves no timer", async (t) => {
  const scene = stage(t);
  const run = scene.client.watch(ID);
  run.subscribe(() => {})();
  (await scene.live()).say(READY, subscribed());
  await scene.pass(5000);
  assert.equal(run.connection.state, "idle");
  run.subscribe(() => {});
  const other = scene.client.watch(ID);
  other.subscribe(() => {});
  const socket = await scene.live();
  const asked = socket.sent.filter(({ type }) => type === "subscribe");
  assert.deepEqual(asked, [
    { type: "subscribe", id: "s2", execution: ID, level: "states", after: "9:2" },
  ]);
  socket.say(READY, { ...subscribed(), id: "s2" }, { ...update("9:7"), id: "s2" });
  assert.equal(run.getSnapshot(), other.getSnapshot());
  assert.equal(other.getSnapshot().cursor, "9:7");
  other.close();
  run.close();
  scene.client.close(); // while the stream lingers
  await scene.pass(0);
  assert.equal(scene.timers, 0);
});

test("who leaves what the client has closed takes nothing from who came later", async (t) => {
  const scene = stage(t);
  const leave = scene.client.watch(ID).subscribe(() => {});
  await scene.live();
  scene.client.close();
  const later = scene.client.watch(ID);
  later.subscribe(() => {});
  leave();
  await scene.pass(5000);
  assert.equal(scene.client.watch(ID).stream, later.stream);
  (await scene.live()).say(READY, { ...subscribed(), id: "s2" });
  assert.equal(later.connection.state, "live");
});

test("what was closed, or came with an aborted signal, asks for nothing and ends", async (t) => {
  const scene = stage(t);
  const closed = scene.client.watch(ID);
  closed.close();
  const aborted = scene.client.watch(ID, { signal: AbortSignal.abort() });
  for (const run of [closed, aborted]) {
    run.subscribe(() => assert.fail("it hears nothing"))();
    await assert.rejects(run.finished(), { name: "AbortError" });
  }
  assert.equal(scene.sockets.length, 0);
  assert.equal(scene.client.streams.size, 0);
});

test("reconnect shows a fresh credential, on an open socket too", async (t) => {
  let tokens = 0;
  const scene = stage(t, { token: () => `token-${(tokens += 1)}` });
  const seen = scene.watch();
  (await scene.live()).say(READY, subscribed());
  scene.client.reconnect();
  const socket = await scene.live();
  assert.equal(scene.sockets.length, 2);
  assert.deepEqual(socket.sent.slice(0, 2), [
    { type: "init", token: "token-2" },
    { type: "subscribe", id: "s1", execution: ID, level: "states", after: "9:2" },
  ]);
  socket.say(READY, { ...subscribed(), recovered: true }, complete());
  await seen.done;
  assert.equal(seen.failure, null);
});
