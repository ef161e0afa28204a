// Which part of a graph is seen, and which state a key leads to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { layoutOf } from "../../service/web/static/page/graph/layout.js";
import { modelOf } from "../../service/web/static/page/graph/model.js";
import * as view from "../../service/web/static/page/graph/view.js";
import { walk } from "../../service/web/static/page/graph/walking.js";
import { fan, POLL } from "./graph_machines.js";

const ROOM = { width: 1000, height: 600 };

test("at first all is shown where it can be read, else its width from the top", () => {
  const small = view.first({ width: 400, height: 300 }, ROOM, { least: 0.55 });
  assert.deepEqual(small, { x: 300, y: 150, k: 1 });
  const tall = view.first({ width: 900, height: 9000 }, ROOM, { least: 0.55 });
  assert.equal(tall.k, 1);
  assert.equal(tall.y, 20);
  const wide = view.first({ width: 9000, height: 300 }, ROOM, { least: 0.55 });
  assert.equal(wide.k, 0.55);
  assert.ok(view.whole({ width: 9000, height: 300 }, ROOM).k < 0.12);
});

test("what is pointed at stays where it is while the view grows", () => {
  const before = { x: 30, y: -40, k: 0.8 };
  const at = { x: 500, y: 250 };
  const after = view.zoomed(before, 1.25, at);
  const point = ({ x, y, k }) => [(at.x - x) / k, (at.y - y) / k].map((n) => n.toFixed(6));
  assert.deepEqual(point(after), point(before));
  assert.equal(view.zoomed(before, 100, at).k, view.MOST);
});

test("a graph can't be lost, and a wheel stops at its end", () => {
  const size = { width: 900, height: 3000 };
  const lost = view.bounded({ x: 9999, y: -9999, k: 1 }, size, ROOM);
  assert.ok(lost.x < ROOM.width && lost.y > -size.height);
  const top = { x: 50, y: 20, k: 1 };
  assert.deepEqual(view.scrolled(top, { dx: 0, dy: -80 }, size, ROOM), top);
  assert.equal(view.scrolled(top, { dx: 0, dy: 80 }, size, ROOM).y, -60);
  const end = { x: 50, y: ROOM.height - 20 - 3000, k: 1 };
  assert.deepEqual(view.scrolled(end, { dx: 0, dy: 80 }, size, ROOM), end);
});

test("a state is brought into view only where it isn't", () => {
  const size = { width: 900, height: 3000 };
  const seen = { x: 50, y: 20, k: 1 };
  const here = { x: 100, y: 100, width: 150, height: 46 };
  assert.equal(view.revealing(seen, here, size, ROOM), seen);
  const there = view.revealing(seen, { ...here, y: 2000 }, size, ROOM);
  assert.equal(there.x, seen.x);
  const top = 2000 + there.y;
  assert.ok(top > 0 && top + 46 < ROOM.height, `${top}`);
});

test("arrow keys follow arrows, and lead into a Parallel and out of it", () => {
  const model = modelOf(POLL);
  const layout = layoutOf(model);
  const go = (key, id) => walk(key, id, { model, layout });
  assert.equal(go("ArrowDown", "Begin"), "Wait a while");
  assert.equal(go("ArrowUp", "Get status"), "Wait a while");
  assert.ok(["Report", "Failed"].includes(go("ArrowDown", "Done?")));
  assert.equal(go("ArrowRight", "Begin"), null);
  assert.equal(go("Home", "Failed"), "Begin");
  const wide = modelOf(fan(3));
  const places = { model: wide, layout: layoutOf(wide) };
  assert.equal(walk("ArrowDown", "Fan", places), "A0");
  assert.equal(walk("ArrowRight", "A0", places), "A1");
  assert.equal(walk("ArrowUp", "A1", places), "Fan");
  assert.equal(walk("ArrowDown", "B1", places), "Each");
});
