// What a watcher holds: whole states, replaced; nothing is derived; what didn't change stays.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, EMPTY_LIST, apply, applyToList, changes, same } from "../src/view.js";
import { ID, READY, complete, settle, snapshot, stage, state, subscribed, update } from "./stage.js";

const OPENED = apply(EMPTY, subscribed({ snapshot: snapshot({ states: [state("Charge")] }) }));

test("a view starts from the snapshot", () => {
  assert.equal(OPENED.execution.status, "RUNNING");
  assert.deepEqual([...OPENED.states.keys()], ["Charge"]);
  assert.equal(OPENED.cursor, "9:2");
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
    assert.equal(apply(once, JSON.parse(JSON.stringify(message))), once);
  }
});

test("progress comes with the snapshot and is replaced whole", () => {
  const progress = { fraction: 0.5, remaining_s: 40, transitions: 4, warning: null };
  const opened = apply(EMPTY, subscribed({ snapshot: snapshot({ progress }) }));
  assert.deepEqual(opened.execution.progress, progress);
  const later = apply(opened, update("9:3", { states: [state("Ship")] }));
  assert.equal(later.execution.progress, opened.execution.progress);
  const further = { ...progress, fraction: 0.75, remaining_s: null };
  const moved = apply(later, update("9:4", { execution: { progress: further } }));
  assert.deepEqual(moved.execution.progress, further);
});

test("what didn't change is the same object, whatever brought it", () => {
  const tasks = [
    { event_id: 7, parameters: { a: [1] } },
    { event_id: 8, parameters: null },
  ];
  const states = [state("Charge"), state("Ship")];
  const before = apply(OPENED, update("9:3", { states, tasks, execution: { input: { a: [1] } } }));
  const news = [state("Charge"), state("Ship", "FAILED")];
  const shown = snapshot({ input: { a: [1] }, states: news, tasks: [{ ...tasks[0] }] });
  for (const message of [
    { type: "reset", snapshot: shown, cursor: "9:4" },
    update("9:4", { states: news, tasks: [{ ...tasks[0] }] }),
  ]) {
    const after = apply(before, message);
    assert.equal(after.execution, before.execution);
    assert.equal(after.states.get("Charge"), before.states.get("Charge"));
    assert.equal(after.states.get("Ship").status, "FAILED");
    assert.deepEqual(after.tasks, [tasks[0]]);
    assert.equal(after.tasks[0], before.tasks[0]);
  }
  const moved = apply(before, update("9:4", { tasks: [{ ...tasks[0] }, { ...tasks[1] }] }));
  assert.equal(moved.tasks, before.tasks);
  assert.equal(moved.states, before.states);
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

test("a snapshot that isn't recovered drops what it doesn't have", () => {
  const other = snapshot({ states: [state("Pack")], cursor: "10:1" });
  const view = apply(OPENED, subscribed({ snapshot: other, cursor: "10:1" }));
  assert.deepEqual([...view.states.keys()], ["Pack"]);
  assert.equal(view.cursor, "10:1");
});

test("a difference is told as an update tells it", () => {
  const shown = snapshot({ states: [state("Charge"), state("Ship")], output: 1, cursor: "9:5" });
  const { cursor, ...news } = changes(OPENED, shown);
  assert.deepEqual(news, { execution: { output: 1 }, states: [state("Ship")], tasks: [] });
  assert.deepEqual(changes(apply(OPENED, update(cursor, news)), shown).states, []);
});

test("likeness is of values, kinds and keys, and ends at depths nobody needs", () => {
  assert.equal(same({ a: [1, { b: null }] }, { a: [1, { b: null }] }), true);
  for (const [a, b] of [
    [{ a: 1 }, { b: 1 }],
    [[], {}],
    [{ a: undefined }, {}],
    [null, {}],
    ["1", 1],
  ]) {
    assert.equal(same(a, b), false);
  }
  const deep = JSON.parse("[".repeat(5000) + "]".repeat(5000));
  const alike = JSON.parse("[".repeat(5000) + "]".repeat(5000));
  assert.equal(same(deep, alike), false);
});

test("snapshots are the same object until something changes, and listeners hear once a frame", async (t) => {
  const scene = stage(t);
  const frames = [];
  globalThis.requestAnimationFrame = (call) => frames.push(call);
  globalThis.cancelAnimationFrame = () => {};
  t.after(() => delete globalThis.requestAnimationFrame);
  const run = scene.client.watch(ID);
  const views = [];
  run.subscribe((view) => views.push(view));
  const socket = await scene.live();
  frames.shift()();
  await settle();
  socket.say(READY, subscribed());
  const held = run.getSnapshot();
  assert.equal(run.getSnapshot(), held);
  socket.say({ type: "pong" }, subscribed());
  assert.equal(run.getSnapshot(), held);
  for (let at = 3; at < 50; at += 1) socket.say(update(`9:${at}`));
  assert.notEqual(run.getSnapshot(), held);
  assert.equal(views.length, 1);
  assert.equal(frames.length, 1);
  frames.shift()();
  await settle();
  assert.equal(views.length, 2);
  assert.equal(views[1], run.getSnapshot());
  socket.say(update("9:99"));
  await scene.pass(250); // no frame comes: the page is hidden
  await settle();
  assert.equal(views.at(-1).cursor, "9:99");
});

test("who leaves hears no more, who comes late is told what is known", async (t) => {
  const scene = stage(t);
  const run = scene.client.watch(ID);
  const heard = [];
  const leave = run.subscribe(() => heard.push("first"));
  (await scene.live()).say(READY, subscribed());
  leave();
  await scene.pass(0);
  run.subscribe((view) => heard.push(view.execution.status));
  await scene.pass(0);
  assert.deepEqual(heard, ["RUNNING"]);
  const late = [];
  for await (const message of run) {
    late.push(message.type, message.snapshot.status);
    break;
  }
  assert.deepEqual(late, ["subscribed", "RUNNING"]);
});

test("a signal ends what it was given to, and nothing else", async (t) => {
  const scene = stage(t);
  const abort = new AbortController();
  const one = scene.client.watch(ID, { signal: abort.signal });
  const two = scene.client.watch(ID);
  const ends = [one, two].map((run) => run.finished().then((it) => it.status, (it) => it.name));
  const waiting = two.finished({ signal: AbortSignal.abort("enough") });
  await assert.rejects(waiting, (reason) => reason === "enough");
  const socket = await scene.live();
  abort.abort();
  await settle();
  socket.say(READY, subscribed(), complete());
  assert.deepEqual(await Promise.all(ends), ["AbortError", "SUCCEEDED"]);
});

const row = (name, at, status = "RUNNING") => ({
  execution: `order:${name}`,
  started_at: `2026-11-27T10:00:0${at}.000Z`,
  status,
});
const listed = (executions, more = {}) => ({
  executions,
  as_of: "2026-11-27T10:00:09.000Z",
  counts: null,
  state_machines: [],
  unlisted: [],
  ...more,
});

test("a list is held newest first, its rows replaced, and taken away", () => {
  const first = { type: "subscribed", recovered: false, list: listed([row("a", 1), row("b", 2)]) };
  const before = applyToList(EMPTY_LIST, first);
  assert.deepEqual(
    before.executions.map(({ execution }) => execution),
    ["order:b", "order:a"],
  );
  const news = [row("c", 3), row("a", 1, "FAILED")];
  const message = { type: "update", list: listed(news, { removed: ["order:b"] }) };
  const after = applyToList(before, message);
  assert.deepEqual(
    after.executions.map(({ execution, status }) => [execution, status]),
    [
      ["order:c", "RUNNING"],
      ["order:a", "FAILED"],
    ],
  );
  const again = applyToList(before, { type: "update", list: listed([row("a", 1)]) });
  assert.equal(again.executions, before.executions);
});

test("a list is watched like an execution, and subscribed to anew", async (t) => {
  const scene = stage(t);
  const run = scene.client.watchList({ machine: "order", status: "RUNNING" });
  run.subscribe(() => {});
  const socket = await scene.live();
  const asked = { type: "subscribe", id: "s1", list: { state_machine: "order", status: "RUNNING" } };
  assert.deepEqual(socket.sent, [asked]);
  socket.say(READY, { type: "subscribed", id: "s1", recovered: false, list: listed([row("a", 1)]) });
  assert.deepEqual(
    [run.connection.state, run.getSnapshot().executions.length],
    ["live", 1],
  );
  socket.end(1012);
  assert.equal(run.connection.state, "resuming");
  await scene.pass(500);
  assert.deepEqual((await scene.live()).sent, [asked]);
});
