// The timeline's arithmetic: where times stand, which rows and bars there are, what is read when.

import assert from "node:assert/strict";
import { test } from "node:test";

import { roomFor, ticks, timeScale } from "../../service/web/static/page/execution/time_scale.js";
import { barsOf, rowsOf } from "../../service/web/static/page/execution/timeline_rows.js";
import {
  merged,
  needsTimeline,
  readTimeline,
  visitsOfStates,
} from "../../service/web/static/page/execution/visits.js";

const DAY = 86_400_000;
const at = (ms) => new Date(ms).toISOString();

function state(name, { entered = 1, running = 0, first = 0, last = 1000, status = "SUCCEEDED" } = {}) {
  return {
    state: name,
    type: "Task",
    status,
    entered,
    running,
    retries: 0,
    first_entered_at: at(first),
    last_changed_at: at(last),
  };
}

test("an axis is even where nothing dominates", () => {
  const scale = timeScale(0, 1000, [200, 600]);
  assert.deepEqual([0, 200, 600, 1000].map(scale.at), [0, 0.2, 0.6, 1]);
  assert.deepEqual([scale.breaks, scale.compressible], [[], false]);
});

test("days of waiting leave room for the seconds around them", () => {
  const times = [1000, 2000, 2000 + 3 * DAY, 4000 + 3 * DAY];
  const scale = timeScale(0, 4000 + 3 * DAY, times);
  assert.equal(scale.breaks.length, 1);
  assert.deepEqual([scale.breaks[0].from, scale.breaks[0].to], [2000, 2000 + 3 * DAY]);
  assert.ok(scale.at(1000) > 0.2, "the first second can be seen");
  assert.ok(scale.at(2000 + 3 * DAY) - scale.at(2000) < 0.13);
  const linear = timeScale(0, 4000 + 3 * DAY, times, { compress: false });
  assert.ok(linear.compressible && linear.at(2000) < 0.001);
});

test("an axis keeps the order of times, and its ends", () => {
  const random = mulberry(7);
  for (let round = 0; round < 300; round += 1) {
    const marks = Array.from({ length: 12 }, () => Math.floor(random() ** 6 * 10 * DAY));
    const end = Math.max(...marks, 1);
    const scale = timeScale(0, end, marks);
    const places = [0, ...marks, end].sort((a, b) => a - b).map(scale.at);
    places.reduce((before, place) => {
      assert.ok(place >= before - 1e-9, `${places}`);
      return place;
    }, 0);
    assert.ok(Math.abs(places[0]) < 1e-9 && Math.abs(places.at(-1) - 1) < 1e-9, `${places}`);
  }
});

test("the axis of a running execution moves in steps", () => {
  const rooms = new Set();
  for (let s = 1; s <= 120; s += 1) rooms.add(roomFor(s * 1000));
  assert.ok(rooms.size < 60);
  for (const ms of [10, 999, 61_000, 3 * DAY, 400 * DAY]) assert.ok(roomFor(ms) >= ms);
});

test("ticks are few and round", () => {
  for (const span of [7, 950, 12_345, 600_000, 5 * DAY, 300 * DAY]) {
    const found = ticks(0, span, timeScale(0, span, []));
    assert.ok(found.length >= 2 && found.length <= 10, `${span}: ${found}`);
  }
});

test("rows stand below what they are in, in the order of entry", () => {
  const states = new Map(
    [
      state("Last", { first: 900 }),
      state("In B", { first: 300 }),
      state("In A", { first: 200 }),
      state("Both", { first: 100 }),
    ].map((each) => [each.state, each]),
  );
  const parents = new Map([["In A", "Both"], ["In B", "Both"], ["Both", null], ["Last", null]]);
  const shown = rowsOf(states, parents, visitsOfStates(states), () => false);
  assert.deepEqual(
    shown.map(({ name, depth }) => `${depth} ${name}`),
    ["0 Both", "1 In A", "1 In B", "0 Last"],
  );
  const folded = rowsOf(states, parents, [], (name) => name === "Both");
  assert.deepEqual(folded.map(({ name }) => name), ["Both", "Last"]);
  const unknown = rowsOf(states, new Map(), [], () => false);
  assert.equal(unknown.length, 4);
});

test("no visit is left out of the bars, however many there are", () => {
  const visits = Array.from({ length: 5000 }, (_, index) => ({
    state: "Again",
    status: index % 7 ? "SUCCEEDED" : "FAILED",
    entered_at: at(index * 10),
    exited_at: at(index * 10 + 5),
    attempts: 1,
  }));
  const bars = barsOf(visits, timeScale(0, 50_000, []), 50_000);
  assert.equal(bars.reduce((sum, bar) => sum + bar.count, 0), 5000);
  assert.ok(bars.length <= 1300);
  const [open] = barsOf([{ ...visits[0], exited_at: null }], timeScale(0, 100, []), 60);
  assert.equal(open.width, 0.6);
});

test("the snapshot is enough while each state was entered once", () => {
  const once = new Map([["A", state("A", { running: 1 })]]);
  assert.equal(needsTimeline(once), false);
  assert.equal(visitsOfStates(once)[0].exited_at, null);
  assert.equal(needsTimeline(new Map([["A", state("A", { entered: 2 })]])), true);
});

test("all pages are read, and what changed replaces what was known", async () => {
  const asked = [];
  const pages = [
    { visits: [{ event_id: 2, status: "RUNNING" }], next_page: "p2", total: 2, cursor: "1:9" },
    { visits: [{ event_id: 5, status: "RUNNING" }], next_page: null, total: 2, cursor: "1:9" },
  ];
  const get = async (path) => {
    asked.push(path);
    return pages[asked.length - 1];
  };
  const read = await readTimeline(get, "order:one", "1:4");
  assert.deepEqual(asked, [
    "v1/executions/order%3Aone/timeline?since=1%3A4",
    "v1/executions/order%3Aone/timeline?since=1%3A4&page=p2",
  ]);
  assert.equal(read.cursor, "1:9");
  const known = merged(new Map([[2, { event_id: 2, status: "SUCCEEDED" }]]), read.visits);
  assert.deepEqual([...known.values()].map(({ event_id: id, status }) => `${id} ${status}`), [
    "2 RUNNING",
    "5 RUNNING",
  ]);
});

function mulberry(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
