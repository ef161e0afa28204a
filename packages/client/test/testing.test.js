// The fake client: what it replays is what the real one would show.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createFake, parseRecording, record, recordingText } from "../src/testing.js";

const TEXT = readFileSync(new URL("recordings/order.jsonl", import.meta.url), "utf8");
const ID = "order-fulfilment:order-1002";

const fake = (more) => createFake({ recordings: { [ID]: TEXT }, ...more });

test("what `handrail watch --json` printed is a recording, with the times that it tells", () => {
  const recording = parseRecording(TEXT);
  assert.equal(recording[0].at, 0);
  assert.ok(recording.at(-1).at > 3000);
  recording.reduce((before, { at }) => (assert.ok(at >= before), at), 0);
  assert.deepEqual(parseRecording(recordingText(recording)), recording);
});

test("it goes on as the clock does, and tells listeners", async () => {
  const hr = fake();
  const run = hr.watch(ID);
  const seen = [];
  const leave = run.subscribe((view) => seen.push(view));
  await hr.advance(0);
  assert.equal(run.getSnapshot().execution.status, "RUNNING");
  assert.equal(run.connection.state, "live");
  assert.equal(run.getSnapshot().states.has("WaitForApproval"), false);
  await hr.advance(2000);
  assert.equal(run.getSnapshot().states.get("WaitForApproval").status, "WAITING");
  const [task] = run.getSnapshot().tasks;
  await hr.tasks.succeed(ID, task.event_id, { approved: true });
  assert.deepEqual(hr.calls.at(-1), {
    method: "POST",
    path: `v1/executions/${ID}/tasks/${task.event_id}/success`,
    body: { output: { approved: true } },
  });
  await hr.finish();
  assert.equal(seen.at(-1).execution.status, "SUCCEEDED");
  leave();
});

test("who listens has heard when the clock has moved: no frame is waited for", async (t) => {
  globalThis.requestAnimationFrame = () => 1;
  t.after(() => delete globalThis.requestAnimationFrame);
  const hr = fake();
  const heard = [];
  hr.watch(ID).subscribe((view) => heard.push(view.execution.status));
  t.mock.timers.enable({ apis: ["setTimeout"] }); // and no timer of the test's own
  await hr.advance(0);
  assert.equal(heard.at(-1), "RUNNING");
  await hr.finish();
  assert.equal(heard.at(-1), "SUCCEEDED");
});

test("it is iterated and finished as the real one", async () => {
  const hr = fake();
  const finished = hr.watch(ID).finished();
  const types = (async () => {
    const found = [];
    for await (const { type } of hr.watch(ID)) found.push(type);
    return found;
  })();
  await hr.advance(0);
  await hr.finish();
  assert.equal((await finished).status, "SUCCEEDED");
  assert.deepEqual((await types).filter((type) => type !== "update"), ["subscribed", "complete"]);
});

test("a lost connection is shown, and what was known stays", async () => {
  const hr = fake();
  const run = hr.watch(ID);
  run.subscribe(() => {});
  await hr.advance(0);
  await hr.disconnected("the train is in a tunnel");
  assert.equal(run.connection.state, "resuming");
  assert.equal(run.getSnapshot().execution.status, "RUNNING");
  await hr.reconnected();
  assert.equal(run.connection.state, "live");
});

test("a start begins the recorded execution of its state machine", async () => {
  const hr = fake();
  await hr.advance(60_000);
  const started = await hr.start("order-fulfilment", { order_id: "A-1" });
  assert.equal(started.execution, ID);
  const run = hr.watch(started.execution);
  run.subscribe(() => {});
  await hr.advance(0);
  assert.equal(run.getSnapshot().execution.status, "RUNNING");
  await assert.rejects(hr.start("other", {}), /No execution of other is recorded/);
});

test("what isn't recorded isn't there", async () => {
  const hr = fake();
  await assert.rejects(hr.watch("order-fulfilment:other").finished(), { status: 404 });
});

test("what is asked besides is answered as the test says", async () => {
  const hr = fake({ answer: ({ path }) => ({ path }) });
  assert.deepEqual(await hr.get("v1/me"), { path: "v1/me" });
});

test("a recording can be made of any client, the fake one too", async () => {
  const hr = fake();
  const recording = record(hr, ID);
  await hr.advance(0);
  await hr.finish();
  const made = await recording;
  assert.deepEqual(
    made.map(({ message }) => message),
    parseRecording(TEXT).map(({ message }) => message),
  );
});
