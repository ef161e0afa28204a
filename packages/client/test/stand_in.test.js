// Where no WebSocket can be had: event streams, then long-polls, with the same messages.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ID, READY, answer, complete, problem, settle, snapshot, stage } from "./stage.js";
import { state, subscribed, update } from "./stage.js";

const PATH = `/v1/executions/${ID}`;
const STREAM = `GET ${PATH}/stream`;

/** Event streams, one for each time it is asked; `say` writes, `end` ends the newest. */
function streams(scene, status = 200) {
  const made = { asked: [], encoder: new TextEncoder() };
  scene.answers[STREAM] = ({ headers, url, signal }) => {
    made.asked.push([headers.get("Last-Event-ID"), url.search]);
    if (status !== 200) return answer("", { status });
    const body = new ReadableStream({ start: (out) => void (made.out = out) });
    const { out } = made;
    signal.addEventListener("abort", () => out.error(new DOMException("cut", "AbortError")));
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };
  made.raw = async (text) => {
    made.out.enqueue(made.encoder.encode(text));
    await settle();
  };
  made.say = async (...messages) => {
    for (const { id: _, ...it } of messages) {
      await made.raw(`id: ${it.cursor}\ndata: ${JSON.stringify({ ...it, id: "0" })}\n\n`);
    }
  };
  made.end = async () => {
    made.out.close();
    await settle();
  };
  return made;
}

/** Two handshakes that fail. */
async function refuse(scene) {
  for (let tries = 0; tries < 2; tries += 1) {
    await scene.pass(500);
    scene.sockets.at(-1).end(1006);
    await settle();
  }
}

const types = (seen) => seen.messages.map(({ type }) => type);

test("after two failed handshakes it is an event stream, which resumes", async (t) => {
  const scene = stage(t);
  const stream = streams(scene);
  const seen = scene.watch();
  await refuse(scene);
  assert.deepEqual(stream.asked, [[null, "?level=states"]]);
  await stream.say(subscribed({ now: "1970-01-01T00:20:00.000Z" }), update("9:3"));
  assert.equal(scene.client.now(), 1_200_000);
  const { state, transport } = seen.run.connection;
  assert.deepEqual([state, transport, scene.sockets.length], ["live", "sse", 2]);
  await stream.end();
  await scene.pass(500);
  assert.deepEqual(stream.asked[1], ["9:3", "?level=states"]);
  await stream.raw(`: still here\n\nid: 9:9\r\ndata: ${JSON.stringify(complete()).slice(0, 20)}`);
  await stream.raw(`${JSON.stringify(complete()).slice(20)}\r\n\r\n`);
  await seen.done;
  assert.deepEqual(types(seen), ["subscribed", "update", "complete"]);
});

test("what has ended is looked at again, so that a redrive is seen", async (t) => {
  const scene = stage(t, { WebSocket: null });
  let stream = streams(scene);
  const seen = scene.watch();
  await settle();
  await stream.say(subscribed(), complete({ status: "FAILED" }));
  await stream.end();
  stream = streams(scene, 204);
  await scene.pass(31_000);
  assert.equal(stream.asked.length, 2);
  assert.equal(seen.run.connection.state, "live");
  stream = streams(scene);
  await scene.pass(15_000);
  await stream.say(update("9:11", { execution: { status: "RUNNING" } }));
  assert.equal(seen.run.getSnapshot().execution.status, "RUNNING");
});

test("a quiet stream is given up, an outage of AWS is told, a refusal ends it", async (t) => {
  const scene = stage(t, { WebSocket: null });
  const stream = streams(scene);
  const { run } = scene.watch();
  await settle();
  await stream.say(subscribed());
  const error = { type: "error", code: "unavailable", detail: "AWS is away." };
  await stream.say({ ...error, retryable: true });
  assert.equal(run.connection.state, "unreachable");
  await stream.raw(": still here\n\n");
  assert.equal(run.connection.state, "unreachable");
  await scene.pass(22_500);
  assert.equal(run.connection.state, "resuming");
  await scene.pass(500);
  assert.equal(stream.asked.at(-1)[0], "9:2");
  await stream.say({ ...error, code: "forbidden", detail: "Not allowed.", retryable: false });
  assert.deepEqual([run.connection.state, run.connection.reason], ["ended", "Not allowed."]);
});

test("an expired credential is followed by a fresh one", async (t) => {
  const tokens = ["one", "two"];
  const scene = stage(t, { WebSocket: null, token: () => tokens.shift() });
  const stream = streams(scene);
  scene.watch();
  await settle();
  await stream.say(subscribed());
  await stream.say({ type: "error", code: "credential_expired", detail: "Over.", retryable: false });
  await stream.end();
  await scene.pass(500);
  assert.deepEqual([stream.asked.length, tokens], [2, []]);
});

/** Answers as the service does where it only answers requests. */
function polled(scene, shown) {
  const stream = streams(scene, 501);
  const held = { shown, events: [] };
  scene.answers[PATH] = () => answer(held.shown);
  scene.answers[`${PATH}/events`] = async ({ url }) => {
    const after = Number(url.searchParams.get("after").split(":")[1]);
    const limit = Number(url.searchParams.get("limit"));
    const events = held.events.filter(({ id }) => id > after).slice(0, limit);
    const cursor = `9:${events.at(-1)?.id ?? after}`;
    const ended = held.shown.status !== "RUNNING" && cursor === held.shown.cursor;
    if (!events.length && !ended) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * url.searchParams.get("wait")));
    }
    return answer({ events, cursor, complete: ended });
  };
  return Object.assign(held, { stream });
}

test("without event streams it asks again and again, with the same messages", async (t) => {
  const scene = stage(t, { WebSocket: null });
  const held = polled(scene, snapshot({ states: [state("A"), state("B")] }));
  const seen = scene.watch();
  await scene.pass(2000);
  assert.equal(held.stream.asked.length, 2);
  assert.deepEqual([seen.run.connection.state, seen.run.connection.transport], ["live", "poll"]);
  const { states } = seen.run.getSnapshot();
  held.events = [{ id: 3 }, { id: 4 }];
  held.shown = snapshot({ states: [state("A"), state("B", "FAILED")], cursor: "9:4" });
  await scene.pass(20_000);
  const { id: _, ...news } = update("9:4", { states: [state("B", "FAILED")], tasks: [] });
  assert.deepEqual(seen.messages.at(-1), news);
  assert.equal(seen.run.getSnapshot().states.get("A"), states.get("A"));
  held.shown = snapshot({ ...held.shown, status: "FAILED", error: "Boom", cursor: "9:5" });
  held.events.push({ id: 5 });
  await scene.pass(20_000);
  await seen.done;
  assert.deepEqual(types(seen), ["subscribed", "update", "update", "complete"]);
  assert.deepEqual([seen.messages[3].status, seen.messages[3].error], ["FAILED", "Boom"]);
  held.shown = snapshot({ ...held.shown, status: "RUNNING", error: null, cursor: "9:6" });
  held.events.push({ id: 6 });
  await scene.pass(15_000);
  assert.equal(seen.run.getSnapshot().execution.status, "RUNNING");
});

test("at level events none is left out", async (t) => {
  const scene = stage(t, { WebSocket: null });
  const held = polled(scene, snapshot({ cursor: "9:250" }));
  held.events = Array.from({ length: 250 }, (_, at) => ({ id: at + 1 }));
  const seen = scene.watch(ID, { level: "events", after: "9:0" });
  await scene.pass(10_000);
  const told = seen.messages.flatMap(({ events }) => events ?? []).map(({ id }) => id);
  assert.deepEqual(told, held.events.map(({ id }) => id));
});

test("another execution of that name is begun anew", async (t) => {
  const scene = stage(t, { WebSocket: null });
  const held = polled(scene, snapshot({ states: [state("A")] }));
  const seen = scene.watch();
  await scene.pass(2000);
  held.shown = snapshot({ states: [state("B")], cursor: "10:1" });
  const events = scene.answers[`${PATH}/events`];
  scene.answers[`${PATH}/events`] = ({ url }) =>
    url.searchParams.get("after").startsWith("9:") ? problem(410, "cursor_unknown") : events({ url });
  await scene.pass(21_000);
  assert.deepEqual(types(seen), ["subscribed", "reset"]);
  assert.deepEqual([...seen.run.getSnapshot().states.keys()], ["B"]);
});

test("a refusal ends it, and anything else is waited for", async (t) => {
  const scene = stage(t, { WebSocket: null });
  polled(scene, snapshot());
  scene.answers[PATH] = () => problem(500, "internal_error");
  const seen = scene.watch();
  await scene.pass(30_000);
  assert.equal(seen.run.connection.state, "connecting");
  scene.answers[PATH] = () => problem(404, "execution_not_found");
  await scene.pass(60_000);
  assert.deepEqual([seen.failure?.code, seen.run.connection.state], ["execution_not_found", "ended"]);
});

test("no more than three requests are held, and others ask in between", async (t) => {
  const scene = stage(t, { WebSocket: null });
  const ids = ["1", "2", "3", "4"].map((name) => `order:${name}`);
  for (const id of ids) {
    scene.answers[`GET /v1/executions/${id}/stream`] = () => new Promise(() => {});
    scene.answers[`/v1/executions/${id}`] = () => answer(snapshot({ execution: id }));
    scene.answers[`/v1/executions/${id}/events`] = ({ url }) => {
      assert.equal(url.searchParams.get("wait"), null);
      return answer({ events: [], cursor: "9:2", complete: false });
    };
  }
  const runs = ids.map((id) => scene.watch(id).run);
  await scene.pass(11_000);
  assert.deepEqual(
    runs.map(({ connection }) => connection.state),
    ["connecting", "connecting", "connecting", "live"],
  );
  const asked = scene.asked.filter((path) => path.includes("order:4/events"));
  assert.equal(asked.length, 3);
});

test("where there is a WebSocket again, all go over it", async (t) => {
  const scene = stage(t, { socketAgainMs: 60_000 });
  const stream = streams(scene);
  const seen = scene.watch();
  await refuse(scene);
  await stream.say(subscribed());
  await scene.pass(45_000);
  await stream.say(update("9:3"));
  await scene.pass(15_000);
  scene.sockets.at(-1).end(1006);
  await stream.raw(": still here\n\n");
  await scene.pass(10_000);
  await stream.raw(": still here\n\n");
  await scene.pass(10_000);
  await stream.raw(": still here\n\n");
  for (let quiet = 0; quiet < 4; quiet += 1) {
    await scene.pass(10_000);
    await stream.raw(": still here\n\n");
  }
  const socket = await scene.live();
  assert.deepEqual(socket.sent, []);
  socket.say(READY);
  const [asked] = socket.sent;
  assert.deepEqual([asked.type, asked.after], ["subscribe", "9:3"]);
  socket.say(subscribed({ id: asked.id, recovered: true }));
  assert.equal(seen.run.connection.transport, "websocket");
});

test("a list is asked for every few seconds", async (t) => {
  const scene = stage(t, { WebSocket: null });
  const row = (name) => ({ execution: `order:${name}`, started_at: `2026-11-27T1${name}:00:00Z` });
  const list = { as_of: "…", counts: null, state_machines: [], unlisted: [], next_page: null };
  let rows = [row(2), row(1)];
  scene.answers["/v1/executions"] = () => answer({ ...list, executions: rows });
  const run = scene.client.watchList({ machine: ["order", "loan"], limit: 2 });
  run.subscribe(() => {});
  await scene.pass(0);
  assert.deepEqual(scene.asked, [
    "GET /v1/executions?state_machine=order&state_machine=loan&limit=2",
  ]);
  rows = [row(3), row(2)];
  await scene.pass(5000);
  const { executions, connection } = run.getSnapshot();
  assert.deepEqual(executions.map(({ execution }) => execution), ["order:3", "order:2"]);
  assert.deepEqual([connection.state, connection.transport], ["live", "poll"]);
});

test("where lists can't be followed, that one alone is asked for", async (t) => {
  const scene = stage(t);
  scene.answers["/v1/executions"] = () =>
    answer({ executions: [], as_of: "…", counts: null, state_machines: [], unlisted: [] });
  const [one, list] = [scene.watch().run, scene.client.watchList()];
  list.subscribe(() => {});
  const error = { type: "error", id: "s2", code: "lists_unavailable", detail: "Not here." };
  (await scene.live()).say(READY, subscribed(), { ...error, retryable: false });
  await settle();
  assert.deepEqual(
    [one, list].map(({ connection }) => [connection.state, connection.transport]),
    [
      ["live", "websocket"],
      ["live", "poll"],
    ],
  );
});
