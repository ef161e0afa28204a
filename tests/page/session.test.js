// What a reader may do, by what GET /v1/me says: as service/core/access/principals.py decides it.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { baseURI: "https://example.com/" };
const { allows } = await import("../../service/web/static/page/session.js");
const { rightsOf } = await import("../../service/web/static/page/bar.js");

const reader = (scopes, machines = ["*"], executions = []) => ({ scopes, machines, executions });

test("a scope counts for the state machines its pattern matches, whole and by case", () => {
  const me = reader(["read", "start:order-*", "operate:[!a-m]?p"]);
  const answers = [
    ["read", "anything", true],
    ["start", "order-fulfilment", true],
    ["start", "an-order-1", false],
    ["start", "Order-1", false],
    ["operate", "zip", true],
    ["operate", "zipp", false],
    ["operate", "lap", false],
    ["complete", "order-1", false],
  ];
  for (const [scope, machine, may] of answers) assert.equal(allows(me, scope, machine), may, scope);
});

test("a version or an alias counts as its state machine", () => {
  const me = reader(["start:order"]);
  assert.deepEqual(["order:3", "order:live", "orders:3"].map((name) => allows(me, "start", name)), [
    true,
    true,
    false,
  ]);
});

test("both must match, the scope's pattern and one of the machines", () => {
  const me = reader(["start:order-*"], ["order-a", "ship*"]);
  assert.deepEqual(
    ["order-a", "order-b", "ship-1"].map((name) => allows(me, "start", name)),
    [true, false, false],
  );
});

test("a single execution is opened by its whole id, but nothing is started by it", () => {
  const me = reader(["read", "operate", "start"], [], ["order:one"]);
  assert.equal(allows(me, "operate", "order", "order:one"), true);
  assert.equal(allows(me, "operate", "order", "order:two"), false);
  assert.equal(allows(me, "start", "order", "order:one"), false);
  assert.equal(allows(me, "read", undefined), true);
  assert.equal(allows(me, "start", undefined), false);
});

test("what would be a regular expression is a name", () => {
  const me = reader(["read:a.b+c(d)", "start:a/-^$|\\{}"]);
  assert.equal(allows(me, "read", "a.b+c(d)"), true);
  assert.equal(allows(me, "read", "aXb+c(d)"), false);
  assert.equal(allows(me, "start", "a/-^$|\\{}"), true);
  assert.equal(allows(reader(["read:[oops"]), "read", "[oops"), true);
});

test("rights are said in words", () => {
  assert.equal(rightsOf(reader(["read"])), "You may see executions.");
  assert.equal(rightsOf(reader([])), "You may do nothing here.");
  assert.equal(
    rightsOf(reader(["read", "start:order-*", "complete"], ["order-*"], ["a:1", "a:2"])),
    "You may see executions, start executions (order-*) and answer what waits, of order-* and 2 executions.",
  );
});
