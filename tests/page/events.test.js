// The table of events: which pages are read, to which state an event belongs, what is found.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  EventPages,
  gist,
  matches,
  PAGE,
  toneOf,
  typeText,
} from "../../service/web/static/page/execution/event_pages.js";

const EPOCH = 1_795_000_000_000;

// A history of so many events: a state entered and exited again and again.
function service(total) {
  const asked = [];
  const events = Array.from({ length: total }, (_, index) => {
    const entered = index % 2 === 0;
    return {
      id: index + 1,
      type: entered ? "PassStateEntered" : "PassStateExited",
      timestamp: "2026-01-01T00:00:00.000Z",
      previous_event_id: index,
      [`state_${entered ? "entered" : "exited"}_event_details`]: { name: `S${index >> 1}` },
    };
  });
  const read = async (path) => {
    const query = new URL(path, "http://x/").searchParams;
    const after = Number(query.get("after").split(":")[1]);
    asked.push([after, Number(query.get("limit"))]);
    return { events: events.slice(after, after + Number(query.get("limit"))) };
  };
  return { asked, read, grow: (next) => events.push(...next) };
}

function pagesOf(total) {
  const { asked, read, grow } = service(total);
  let told = 0;
  const pages = new EventPages("order:one", read, () => (told += 1));
  pages.reach(`${EPOCH}:${total}`);
  return { asked, grow, pages, told: () => told };
}

test("only pages in sight are read, each once", async () => {
  const { asked, pages, told } = pagesOf(25_000);
  await Promise.all([pages.need(10_001, 10_040), pages.need(10_001, 10_040)]);
  assert.deepEqual(asked, [[10_000, PAGE]]);
  await pages.need(10_190, 10_230);
  assert.deepEqual(asked, [[10_000, PAGE], [10_000 + PAGE, PAGE]]);
  assert.ok(told() >= 2);
});

test("news at the end is read where the last page was read before", async () => {
  const { asked, grow, pages } = pagesOf(210);
  await pages.need(201, 210);
  grow(Array.from({ length: 50 }, (_, index) => ({ id: 211 + index, type: "PassStateEntered" })));
  pages.reach(`${EPOCH}:260`);
  await pages.need(201, 260);
  assert.equal(asked.length, 2);
  assert.ok(pages.events.has(260));
});

test("all are read by the thousand, from where something is missing", async () => {
  const { asked, pages } = pagesOf(2_500);
  await pages.need(1, 10);
  await pages.all();
  assert.equal(pages.loaded, 2_500);
  assert.deepEqual(asked.slice(1), [[200, 1000], [1200, 1000], [2200, 1000]]);
});

test("what can't be read is told, and read again when it is wanted again", async () => {
  let fails = true;
  const { read } = service(10);
  const flaky = async (...given) => {
    if (fails) throw new Error("no answer");
    return read(...given);
  };
  const pages = new EventPages("order:one", flaky, () => {});
  pages.reach(`${EPOCH}:10`);
  await pages.need(1, 10);
  assert.equal(pages.problem.message, "no answer");
  fails = false;
  await pages.need(1, 10);
  assert.deepEqual([pages.problem, pages.loaded], [null, 10]);
});

test("an event belongs to the state that its predecessors entered", () => {
  const { pages } = pagesOf(0);
  const lane = [
    { id: 1, type: "ExecutionStarted", previous_event_id: 0 },
    { id: 2, type: "TaskStateEntered", previous_event_id: 0, state_entered_event_details: { name: "Charge" } },
    { id: 3, type: "TaskScheduled", previous_event_id: 2, task_scheduled_event_details: { resource: "invoke" } },
    { id: 4, type: "TaskStarted", previous_event_id: 3 },
    { id: 9, type: "TaskFailed", previous_event_id: 8, task_failed_event_details: { error: "E" } },
  ];
  for (const event of lane) pages.events.set(event.id, event);
  assert.deepEqual(lane.map((event) => pages.stateOf(event)), ["", "Charge", "Charge", "Charge", undefined]);
});

test("a type reads as words, and says how it went", () => {
  assert.equal(typeText("LambdaFunctionTimedOut"), "Lambda function timed out");
  assert.equal(typeText("MapRunRedriven"), "Map run redriven");
  assert.deepEqual(
    ["TaskFailed", "LambdaFunctionTimedOut", "ExecutionAborted", "PassStateExited", "TaskStarted"].map(toneOf),
    ["FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED", null],
  );
});

test("the gist is an error before anything else", () => {
  assert.equal(gist({ task_failed_event_details: { error: "E", cause: "why\nstack", resource: "x" } }), "E: why");
  assert.equal(
    gist({ x_event_details: { resource: "arn:aws:lambda:us-east-1:1:function:charge" } }),
    "charge",
  );
  assert.equal(gist({ map_run_started_event_details: { map_run_arn: "arn:aws:states:r:1:mapRun:o/l:u" } }), "o/l:u");
  assert.equal(gist({}), "");
});

test("a search looks into type, state and content", () => {
  const event = { id: 4, type: "TaskFailed", task_failed_event_details: { cause: "Card DECLINED" } };
  for (const text of ["declined", "task failed", "TaskFailed", "charge", ""]) {
    assert.ok(matches(event, "ChargeCard", text), text);
  }
  assert.ok(!matches(event, "ChargeCard", "refund"));
});
