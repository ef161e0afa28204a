// Following an execution by the contract: where it resumes, when it comes back, and when it doesn't.

import assert from "node:assert/strict";
import { test } from "node:test";

import { backoffMs } from "../src/close_codes.js";
import { ID, READY, answer, complete, problem, settle, snapshot, stage } from "./stage.js";
import { state, subscribed, update } from "./stage.js";

const types = (seen) => seen.messages.map(({ type }) => type);
const subscribes = (socket) => socket.sent.filter(({ type }) => type === "subscribe");

test("an execution is followed to its end", async (t) => {
  const scene = stage(t);
  const seen = scene.watch();
  assert.equal(seen.run.getSnapshot().connection.state, "connecting");
  const socket = await scene.live();
  assert.deepEqual([socket.url, socket.protocol], ["ws://here/v1/ws", "handrail.v1"]);
  const asked = { type: "subscribe", id: "s1", execution: ID, level: "states", after: null };
  assert.deepEqual(socket.sent, [asked]);
  socket.say(READY, subscribed(), update("9:3"), complete());
  await scene.pass(0);
  await seen.done;
  assert.deepEqual(types(seen), ["subscribed", "update", "complete"]);
  assert.equal((await seen.run.finished()).status, "SUCCEEDED");
  const { connection, execution } = seen.run.getSnapshot();
  assert.deepEqual(
    [connection.state, connection.transport, connection.heardAt, execution.status],
    ["live", "websocket", scene.now, "SUCCEEDED"],
  );
});

for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4000, 4001]) {
  test(`closed with ${code} it comes back and resumes`, async (t) => {
    const scene = stage(t);
    const seen = scene.watch();
    const socket = await scene.live();
    socket.say(READY, subscribed(), update("9:3"));
    socket.end(code, "Why.");
    const { state, reason, retryAt, ...rest } = seen.run.connection;
    assert.deepEqual([state, reason, retryAt, rest.code], ["resuming", "Why.", scene.now + 500, code]);
    await scene.pass(499);
    assert.equal(scene.sockets.length, 1);
    await scene.pass(1);
    assert.equal(subscribes(await scene.live())[0].after, "9:3");
    assert.equal(scene.sockets.length, 2);
  });
}

for (const code of [1000, 1002, 1003, 1007, 1009, 4400, 4401, 4403, 4404, 4408, 4409, 4429]) {
  test(`closed with ${code} it stays away, until it is told to`, async (t) => {
    const scene = stage(t);
    const seen = scene.watch();
    (await scene.live()).end(code);
    await scene.pass(60_000);
    assert.equal(scene.sockets.length, 1);
    const { connection, error } = seen.run.getSnapshot();
    assert.deepEqual([connection.state, connection.code], ["ended", code]);
    assert.equal(connection.reason, error.message);
    assert.notEqual(error.message, "");
    assert.equal(seen.failure, error);
    scene.client.reconnect();
    (await scene.live()).say(READY, subscribed({ id: "s2" }));
    assert.equal(seen.run.getSnapshot().error, null);
    assert.equal(seen.run.connection.state, "live");
  });
}

test("without progress the pauses grow, and progress forgets them", async (t) => {
  const scene = stage(t);
  const { run } = scene.watch();
  const waits = [];
  for (let drops = 0; drops < 5; drops += 1) {
    const socket = await scene.live();
    if (drops === 4) socket.say(READY, subscribed());
    socket.end(1006);
    waits.push(run.connection.retryAt - scene.now);
    await scene.pass(10_000);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 500]);
});

test("a pause is capped, and shortened by up to a half", () => {
  assert.equal(backoffMs(50, () => 0), 30_000);
  assert.equal(backoffMs(1, () => 0.999_999) > 250, true);
  assert.equal(backoffMs(1, () => 1), 250);
});

test("a cut right after recovery skips nothing", async (t) => {
  const scene = stage(t);
  scene.watch(ID, { after: "9:3" });
  (await scene.live()).say(READY, subscribed({ recovered: true, cursor: "9:8" }));
  scene.sockets[0].end(1006);
  await scene.pass(500);
  await scene.live();
  assert.deepEqual(
    scene.sockets.map((socket) => subscribes(socket)[0].after),
    ["9:3", "9:3"],
  );
});

test("a closing stands for the code, whatever the transport closes with after it", async (t) => {
  const scene = stage(t);
  const seen = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed(), { type: "closing", code: 1012, reason: "Restarting." });
  socket.end(1000);
  await scene.pass(500);
  assert.equal(scene.sockets.length, 2);
  (await scene.live()).say({ type: "closing", code: 4401, reason: "" });
  assert.equal(seen.run.connection.code, 4401);
  const other = stage(t);
  other.watch();
  (await other.live()).say({ type: "closing" });
  await other.pass(500);
  assert.equal(other.sockets.length, 2);
});

test("the token is the first message, asked for at each connection", async (t) => {
  const tokens = ["one", { token: "two" }];
  const scene = stage(t, { token: async () => tokens.shift() });
  scene.watch();
  (await scene.live()).end(1006);
  await scene.pass(500);
  await scene.live();
  assert.deepEqual(
    scene.sockets.map(({ sent }) => sent[0]),
    ["one", "two"].map((token) => ({ type: "init", token })),
  );
});

test("an expired credential is asked for anew, and the same one isn't tried again", async (t) => {
  const tokens = ["one", "two", "two"];
  const scene = stage(t, { token: () => tokens.shift() });
  const { run } = scene.watch();
  for (let drops = 0; drops < 2; drops += 1) {
    (await scene.live()).end(4002);
    assert.equal(run.connection.state, "connecting");
    await scene.pass(1000);
  }
  assert.equal(scene.sockets.length, 2);
  assert.deepEqual([run.connection.state, run.connection.code], ["ended", 4002]);
});

const jwt = (exp) => `h.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`;
for (const [kind, made] of [
  ["a JWT's", (at) => jwt(at / 1000)],
  ["a told", (at) => ({ token: `t${at}`, expires_at: new Date(at).toISOString() })],
]) {
  test(`before ${kind} expiry there is a fresh one, and nobody notices`, async (t) => {
    const scene = stage(t, { token: () => made(scene.now + 600_000) });
    const { run, states } = scene.watch();
    (await scene.live()).say(READY, subscribed());
    for (let quiet = 0; quiet < 57; quiet += 1) {
      await scene.pass(10_000);
      if (scene.sockets.length > 1) break;
      scene.sockets[0].say({ type: "ping" });
    }
    assert.equal(scene.sockets.length, 2);
    (await scene.live()).say(READY, subscribed({ recovered: true }));
    await scene.pass(0);
    assert.deepEqual([states, run.connection.state], [["live"], "live"]);
    assert.equal(subscribes(scene.sockets[1])[0].after, "9:2");
  });
}

test("with a clock that goes wrong a fresh credential is asked for by the service's", async (t) => {
  let asked = 0;
  const scene = stage(t, {
    token: () => ({ token: `t${(asked += 1)}`, expires_at: scene.now - 3_600_000 + 600_000 }),
  });
  scene.watch();
  const now = new Date(scene.now - 3_600_000).toISOString();
  (await scene.live()).say({ ...READY, now }, subscribed());
  await scene.pass(20_000);
  assert.deepEqual([asked, scene.sockets.length], [1, 1]);
});

test("a credential that can't be got now is asked for again", async (t) => {
  const answers = [new Error("offline"), "one"];
  const scene = stage(t, {
    token: async () => {
      const given = answers.shift();
      if (given instanceof Error) throw given;
      return given;
    },
  });
  const { run } = scene.watch();
  await scene.pass(0);
  assert.equal(run.connection.reason, "No credential could be got.");
  await scene.pass(500);
  assert.equal((await scene.live()).sent[0].token, "one");
});

test("a handshake that hangs is given up, and a service that answers nothing waited for", async (t) => {
  const scene = stage(t, { connectTimeoutMs: 3000 });
  delete scene.answers["/v1/ws"];
  const { run } = scene.watch();
  for (let tries = 1; tries < 5; tries += 1) {
    await scene.pass(40_000);
    assert.equal(run.connection.state, "connecting");
    assert.equal(run.connection.reason, "The service can't be reached.");
  }
  assert.equal(scene.sockets.length > 5, true);
  assert.deepEqual(new Set(scene.asked), new Set(["GET /v1/ws"]));
});

test("a handshake that is refused says why, where a request does", async (t) => {
  const scene = stage(t);
  scene.answers["/v1/ws"] = () => problem(401, "unauthenticated");
  const { run } = scene.watch();
  await settle();
  scene.sockets[0].end(1006);
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.deepEqual(
    [run.connection.state, run.getSnapshot().error.code, run.getSnapshot().error.status],
    ["ended", "unauthenticated", 401],
  );
});

test("where an API Gateway holds the sockets they are looked for there", async (t) => {
  const scene = stage(t, { url: "https://here/front" });
  const ws = "wss://gateway.example/live";
  scene.answers["/front/v1/ws"] = () => problem(501, "streaming_unavailable", { ws });
  scene.watch();
  await settle();
  assert.equal(scene.sockets[0].url, "wss://here/front/v1/ws");
  scene.sockets[0].end(1006);
  await scene.live();
  assert.equal(scene.sockets[1].url, ws);
  const open = stage(t, { url: "https://here" });
  open.answers["/v1/ws"] = () => problem(501, "streaming_unavailable", { ws: "ws://there" });
  const { run } = open.watch();
  await settle();
  open.sockets[0].end(1006);
  await open.pass(60_000);
  assert.equal(open.sockets.length, 1);
  assert.equal(run.getSnapshot().error.code, "socket_without_tls");
});

test("a quiet line is pinged, and given up after one and a half heartbeats", async (t) => {
  const scene = stage(t);
  const { run } = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed());
  await scene.pass(25_000);
  assert.deepEqual(socket.types(), ["subscribe", "ping"]);
  socket.say({ type: "pong" });
  await scene.pass(37_499);
  assert.equal(run.connection.state, "live");
  await scene.pass(1);
  assert.equal(run.connection.state, "resuming");
  assert.equal(run.connection.heardAt, scene.now - 37_500);
});

test("a heartbeat of minutes means pings in minutes, and a pong in seconds", async (t) => {
  const scene = stage(t);
  const { run } = scene.watch();
  const socket = await scene.live();
  socket.say({ ...READY, heartbeat: 240 }, subscribed());
  await scene.pass(239_999);
  assert.deepEqual(socket.types(), ["subscribe"]);
  await scene.pass(25_001);
  assert.equal(run.connection.state, "resuming");
});

test("ready may come late: the line is pinged until it does", async (t) => {
  const scene = stage(t);
  const seen = scene.watch();
  const socket = await scene.live();
  await scene.pass(30_000);
  assert.deepEqual(socket.types(), ["subscribe", "ping"]);
  socket.say(subscribed(), { ...READY, heartbeat: 240 }, update("9:3"), { type: "ping" });
  await settle();
  assert.deepEqual(types(seen), ["subscribed", "update"]);
  await scene.pass(200_000);
  assert.deepEqual(socket.types(), ["subscribe", "ping", "pong"]);
});

test("while AWS can't be reached the socket stays, and says so until it can", async (t) => {
  const scene = stage(t);
  const { run } = scene.watch();
  const socket = await scene.live();
  const error = { type: "error", id: "s1", code: "unavailable", detail: "AWS is away." };
  socket.say(READY, subscribed(), { ...error, retryable: true });
  const { state, reason, code } = run.connection;
  assert.deepEqual([state, reason, code], ["unreachable", "AWS is away.", "unavailable"]);
  await scene.pass(30_000);
  socket.say(update("9:2", { execution: { stale_after_s: 2 } }));
  assert.equal(run.connection.state, "live");
  assert.equal(scene.sockets.length, 1);
});

test("a subscription for which there was no room is made again, under another id", async (t) => {
  const scene = stage(t);
  const seen = [scene.watch("order:one"), scene.watch("order:two")];
  const socket = await scene.live();
  const full = { code: "too_many_watches", detail: "Full.", retryable: true, over: true };
  socket.say(READY, subscribed(), { type: "error", id: "s2", ...full });
  assert.deepEqual(
    seen.map(({ run }) => run.connection.state),
    ["live", "connecting"],
  );
  await scene.pass(2000);
  const asked = subscribes(socket).map(({ id, execution }) => [id, execution]);
  assert.deepEqual(asked.at(-1), ["s3", "order:two"]);
  assert.equal(scene.sockets.length, 1);
});

test("an error that is final ends its own subscription alone", async (t) => {
  const scene = stage(t);
  const [one, two] = [scene.watch("order:one"), scene.watch("order:two")];
  const error = { type: "error", id: "s2", code: "execution_not_found", detail: "No such one." };
  (await scene.live()).say(READY, subscribed(), { ...error, retryable: false }, update("9:3"));
  await settle();
  assert.deepEqual(types(one), ["subscribed", "update"]);
  assert.deepEqual([two.failure.code, two.failure.retryable], ["execution_not_found", false]);
  assert.equal(two.run.connection.state, "ended");
  await assert.rejects(async () => {
    const finished = two.run.finished();
    (await scene.live()).say({ ...error, id: "s3", retryable: false });
    await finished;
  }, /No such one/);
});

test("what isn't a message ends it, with words", async (t) => {
  const scene = stage(t);
  const { run } = scene.watch();
  (await scene.live()).onmessage({ data: "<html>" });
  assert.equal(run.getSnapshot().error.message, "What answers isn't Handrail.");
});

test("one socket is shared, and closed five seconds after the last has left", async (t) => {
  const scene = stage(t);
  const [one, two] = [scene.client.watch("order:one"), scene.client.watch("order:two")];
  const leave = [one, one, two].map((run) => run.subscribe(() => {}));
  const socket = await scene.live();
  socket.say(READY);
  assert.deepEqual(
    subscribes(socket).map(({ id, execution }) => [id, execution]),
    [
      ["s1", "order:one"],
      ["s2", "order:two"],
    ],
  );
  leave[0]();
  leave[0]();
  leave[2]();
  await scene.pass(5000);
  assert.deepEqual(socket.sent.at(-1), { type: "unsubscribe", id: "s2" });
  assert.equal(two.connection.state, "idle");
  leave[1]();
  await scene.pass(4999);
  one.subscribe(() => {})(); // as React does, in development
  await scene.pass(4999);
  assert.equal(socket.readyState, 1);
  await scene.pass(1);
  assert.equal(socket.readyState, 3);
  assert.deepEqual([scene.timers, scene.sockets.length], [0, 1]);
  one.subscribe(() => {});
  (await scene.live()).say(READY);
  assert.equal(subscribes(scene.sockets[1])[0].id, "s3");
});

test("a socket takes as many as it says, and the rest go over another", async (t) => {
  const scene = stage(t);
  for (let each = 0; each < 15; each += 1) scene.client.watch(`order:${each}`).subscribe(() => {});
  const socket = await scene.live();
  assert.equal(subscribes(socket).length, 10);
  socket.say({ ...READY, max_subscriptions: 12 });
  assert.equal(subscribes(socket).length, 12);
  await scene.live();
  assert.equal(scene.sockets.length, 2);
  const asked = scene.sockets.flatMap((each) => subscribes(each).map(({ execution }) => execution));
  assert.equal(new Set(asked).size, 15);
});

test("woken, it looks at once whether the line is alive, and comes back at once", async (t) => {
  const page = new EventTarget();
  const names = ["addEventListener", "removeEventListener"];
  for (const name of names) globalThis[name] = page[name].bind(page);
  t.after(() => names.forEach((name) => delete globalThis[name]));
  const scene = stage(t);
  const { run, leave } = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed());
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(socket.sent.at(-1).type, "ping");
  socket.say({ type: "pong" });
  await scene.pass(5000);
  assert.equal(run.connection.state, "live");
  page.dispatchEvent(new Event("resume"));
  await scene.pass(5000);
  assert.equal(run.connection.state, "resuming");
  page.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(scene.sockets.length, 2);
  leave();
});

test("closed, it leaves at once, and nothing comes back", async (t) => {
  const scene = stage(t);
  const seen = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed());
  scene.client.close();
  await seen.done;
  assert.deepEqual([seen.failure, socket.readyState], [null, 3]);
  await scene.pass(60_000);
  assert.deepEqual([scene.sockets.length, scene.timers], [1, 0]);
});

test("a redrive is seen by who had seen the end, whoever asked for it", async (t) => {
  const scene = stage(t);
  const seen = scene.watch();
  const socket = await scene.live();
  socket.say(READY, subscribed(), complete({ status: "FAILED", error: "Boom" }));
  await seen.done;
  socket.say(update("9:11", { execution: { status: "RUNNING", error: null, redrive_count: 1 } }));
  const { execution, connection } = seen.run.getSnapshot();
  assert.deepEqual([execution.status, execution.error, connection.state], ["RUNNING", null, "live"]);
  const finished = seen.run.finished();
  socket.say(complete({ cursor: "9:20" }));
  assert.equal((await finished).status, "SUCCEEDED");
});

test("what this client changed is seen at once, and resumed behind", async (t) => {
  const scene = stage(t);
  const seen = scene.watch();
  const events = scene.watch(ID, { level: "events" });
  const socket = await scene.live();
  socket.say(READY, subscribed(), subscribed({ id: "s2" }));
  const redriven = snapshot({ states: [state("A")], redrive_count: 1, cursor: "9:12" });
  scene.answers["POST /v1/executions/order:one/redrive"] = () => answer(redriven);
  await scene.client.redrive(ID);
  for (const { run } of [seen, events]) {
    assert.equal(run.getSnapshot().execution.redrive_count, 1);
    assert.equal(run.getSnapshot().states.size, 1);
  }
  socket.end(1006);
  await scene.pass(500);
  const asked = subscribes(await scene.live()).map(({ after }) => after);
  assert.deepEqual(asked, ["9:12", "9:2"]);
});
