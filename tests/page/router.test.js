// The page's addresses: what each names, and that a made one names what it was made of.

import assert from "node:assert/strict";
import { test } from "node:test";

import { href, parse } from "../../service/web/static/page/router.js";

test("an address names a place", () => {
  assert.deepEqual(parse(""), { view: "overview", params: {} });
  assert.deepEqual(parse("#/?q=a b"), { view: "overview", params: { q: "a b" } });
  assert.deepEqual(parse("#/machines/order/start"), {
    view: "machine",
    machine: "order",
    tab: "start",
    params: {},
  });
  assert.equal(parse("#/machines").view, "unknown");
  assert.equal(parse("#/executions/%E0%A4%A").view, "unknown");
  const child = parse("#/executions/order/Ship:7f?tab=events");
  assert.deepEqual([child.execution, child.state, child.params.tab], ["order/Ship:7f", null, "events"]);
});

test("a made address names what it was made of", () => {
  const id = "order/Ship:7f";
  for (const state of ["Charge", "a/b:c?d#e%", "état ✓", '"><img src=x>']) {
    const { view, execution, state: found } = parse(href.execution(id, state, { event: 4 }));
    assert.deepEqual([view, execution, found], ["execution", id, state]);
  }
  assert.equal(parse(href.machine("a b/c", "graph")).machine, "a b/c");
});
