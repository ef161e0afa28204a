// Following an execution by the contract: where it resumes, when it comes back, and when it does not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { backoffMs } from "../../service/web/static/live.js";
import { READY, URL_, complete, settle, stage, subscribed, update } from "./stage.js";

const types = (scene) => scene.messages.map((message) => message.type);

test("a stream is followed to its end", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  socket.say(READY, subscribed(), update("9:3"), complete());
  assert.equal(socket.protocol, "handrail.v1");
  assert.deepEqual(types(scene), ["subscribed", "update", "complete"]);
  assert.deepEqual(
    scene.states.map((told) => told.state),
    ["connecting", "live", "ended"],
  );
  assert.equal(scene.timers, 0);
});

for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4000, 4001, 4002]) {
  test(`closed with ${code} it comes back and resumes`, async (t) => {
    const scene = stage(t);
    const socket = await scene.live();
    socket.say(READY, subscribed(), update("9:3"));
    socket.end(code);
    await scene.pass(499);
    assert.equal(scene.sockets.length, 1);
    await scene.pass(1);
    assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:3`);
    assert.equal(scene.sockets.length, 2);
  });
}

for (const code of [1000, 4400, 4401, 4403, 4404, 4408, 4409, 4429]) {
  test(`closed with ${code} it stays away`, async (t) => {
    const scene = stage(t);
    (await scene.live()).end(code);
    await scene.pass(60_000);
    assert.equal(scene.sockets.length, 1);
    assert.equal(scene.ended.code, code);
    assert.notEqual(scene.ended.reason, "");
  });
}

test("without progress the pauses grow, and progress forgets them", async (t) => {
  const scene = stage(t);
  for (let drops = 0; drops < 4; drops += 1) {
    (await scene.live()).end(1006);
    await scene.pass(10_000);
  }
  (await scene.live()).say(READY, subscribed());
  scene.sockets.at(-1).end(1012);
  await run_until_idle();
  assert.deepEqual(scene.waits, [500, 1000, 2000, 4000, 500]);
});

test("a pause is capped, and shortened by up to a half", () => {
  assert.equal(backoffMs(50, () => 0), 30_000);
  assert.equal(backoffMs(1, () => 0.999_999) > 250, true);
  assert.equal(backoffMs(1, () => 1), 250);
});

test("a cut right after recovery skips nothing", async (t) => {
  const scene = stage(t, { after: "9:3" });
  (await scene.live()).say(READY, subscribed({ recovered: true, cursor: "9:8" }));
  scene.sockets[0].end(1006);
  await scene.pass(500);
  assert.deepEqual(
    scene.sockets.map((socket) => socket.url),
    [`${URL_}?after=9:3`, `${URL_}?after=9:3`],
  );
});

test("a closing stands for the code, whatever the transport closes with after it", async (t) => {
  for (const after of [1000, 1001, 1006]) {
    const scene = stage(t);
    const socket = await scene.live();
    socket.say(READY, subscribed(), { type: "closing", code: 1012, reason: "Restarting." });
    socket.end(after);
    await scene.pass(500);
    assert.equal(scene.sockets.at(-1).url, `${URL_}?after=9:2`);
    assert.equal(scene.sockets.length, 2);
    assert.deepEqual(scene.waits, [500]);
    scene.follower.close();
  }
});

test("a closing as normal ends it, although the transport says it goes away", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  socket.say(READY, { type: "closing", code: 1000, reason: "The execution has ended." });
  socket.end(1001);
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.ended.code, 1000);
  assert.equal(scene.ended.reason, "The execution has ended.");
});

test("a closing may refuse", async (t) => {
  const scene = stage(t);
  (await scene.live()).say({ type: "closing", code: 4401, reason: "" });
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.ended.code, 4401);
  assert.equal(scene.ended.reason, "Sign in to follow this execution.");
});

test("a closing without a code is a cut", async (t) => {
  const scene = stage(t);
  (await scene.live()).say({ type: "closing" });
  await scene.pass(500);
  assert.equal(scene.sockets.length, 2);
});

test("an expired credential is refreshed first, or it stays away", async (t) => {
  let refreshed = 0;
  const scene = stage(t, { refresh: async () => (refreshed += 1) });
  (await scene.live()).end(4002);
  await scene.pass(500);
  assert.equal(refreshed, 1);
  assert.equal(scene.sockets.length, 2);
  const refused = stage(t, { refresh: async () => false });
  (await refused.live()).end(4002);
  await refused.pass(60_000);
  assert.equal(refused.sockets.length, 1);
  assert.equal(refused.ended.code, 4002);
});

test("the token is the first message, asked for at each connection", async (t) => {
  const tokens = ["one", "two"];
  const scene = stage(t, { token: () => tokens.shift() });
  (await scene.live()).end(1006);
  await scene.pass(500);
  await scene.live();
  assert.deepEqual(
    scene.sockets.map((socket) => socket.sent),
    [[{ type: "init", token: "one" }], [{ type: "init", token: "two" }]],
  );
});

test("the address is asked for before each connection, so that each can carry a ticket", async (t) => {
  let tickets = 0;
  const url = async (cursor) => `${URL_}?ticket=${(tickets += 1)}&after=${cursor}`;
  const scene = stage(t, { url });
  (await scene.live()).say(READY, subscribed());
  scene.sockets[0].end(1006);
  await scene.pass(500);
  assert.deepEqual(
    scene.sockets.map((socket) => socket.url),
    [`${URL_}?ticket=1&after=null`, `${URL_}?ticket=2&after=9:2`],
  );
});

test("an address that can't be had now is asked for again, a refused one is not", async (t) => {
  const answers = [new Error("No answer"), URL_];
  const scene = stage(t, {
    url: async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  await scene.pass(500);
  assert.equal(scene.sockets.length, 1);
  const refusal = Object.assign(new Error("There is no such execution."), { final: true });
  const refused = stage(t, { url: () => Promise.reject(refusal) });
  await refused.pass(60_000);
  assert.equal(refused.sockets.length, 0);
  assert.equal(refused.ended.reason, "There is no such execution.");
});

test("a handshake that failed asks why, and stays away where it is pointless", async (t) => {
  const scene = stage(t, { probe: async () => "There is no such execution." });
  await run_until_idle();
  scene.sockets[0].end(1006);
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.ended.reason, "There is no such execution.");
});

test("a quiet line is pinged, and given up when nothing comes", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  socket.say(READY, subscribed());
  await scene.pass(25_000);
  assert.deepEqual(socket.sent, [{ type: "ping" }]);
  socket.say({ type: "pong" });
  await scene.pass(49_999);
  assert.equal(scene.sockets.length, 1);
  await scene.pass(501);
  assert.equal(scene.sockets.length, 2);
});

test("a heartbeat of minutes means pings in minutes, and a pong in seconds", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  socket.say({ ...READY, heartbeat: 240 }, subscribed());
  await scene.pass(239_999);
  assert.deepEqual(socket.sent, []);
  await scene.pass(1);
  assert.deepEqual(socket.sent, [{ type: "ping" }]);
  await scene.pass(25_500);
  assert.equal(scene.sockets.length, 2);
});

test("a ping is answered", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  socket.say({ type: "ping" });
  assert.deepEqual(socket.sent, [{ type: "pong" }]);
});

test("ready may come late: the line is pinged until it does", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  await scene.pass(30_000);
  assert.deepEqual(socket.sent, [{ type: "ping" }]);
  socket.say(subscribed(), { ...READY, heartbeat: 240 }, update("9:3"));
  assert.deepEqual(types(scene), ["subscribed", "update"]);
  await scene.pass(200_000);
  assert.equal(socket.sent.length, 1);
});

test("an error is final unless it may be tried again", async (t) => {
  const scene = stage(t);
  const error = { type: "error", id: "0", code: "throttled", detail: "Busy.", retryable: true };
  (await scene.live()).say(READY, error);
  await scene.pass(500);
  assert.equal(scene.sockets.length, 2);
  (await scene.live()).say(READY, { ...error, detail: "No such one.", retryable: false });
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 2);
  assert.equal(scene.ended.reason, "No such one.");
});

test("once closed nothing comes back", async (t) => {
  const scene = stage(t);
  const socket = await scene.live();
  scene.follower.close();
  socket.end(1006);
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.timers, 0);
  const early = stage(t);
  early.follower.close();
  await early.pass(1000);
  assert.equal(early.sockets.length, 0);
});
