// Schemas in words: types, limits, what is inside, a sample.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  choices,
  hasInside,
  inside,
  limits,
  resolve,
  sample,
  typeName,
  wordsOf,
} from "../../service/web/static/page/docs/schema.js";

const ROOT = {
  components: {
    schemas: {
      Task: {
        type: "object",
        required: ["id"],
        properties: { id: { type: "integer" }, note: { description: "A word.", type: "string" } },
      },
      Status: { enum: ["RUNNING", "FAILED"], type: "string" },
      Tree: { type: "object", properties: { left: { $ref: "#/components/schemas/Tree" } } },
      Any: {
        anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#/components/schemas/Any" } }],
      },
      Loop: { $ref: "#/components/schemas/Loop" },
    },
  },
};
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const orNull = (schema) => ({ anyOf: [schema, { type: "null" }] });

test("a type has a name", () => {
  for (const [schema, name] of [
    [{ type: "string" }, "string"],
    [{ type: ["string", "null"] }, "string or null"],
    [orNull({ type: "integer" }), "integer or null"],
    [ref("Task"), "Task"],
    [ref("Status"), "string"],
    [{ type: "array", items: ref("Task") }, "array of Task"],
    [orNull({ type: "array", items: ref("Task") }), "array of Task or null"],
    [{ const: "update" }, '"update"'],
    [{}, "any"],
    [ref("Missing"), "any"],
    [ref("Loop"), "any"],
  ]) {
    assert.equal(typeName(ROOT, schema), name);
  }
  assert.deepEqual(resolve(ROOT, { $ref: "https://elsewhere.example/x" }), {});
});

test("limits and choices are told through what may be null", () => {
  assert.deepEqual(limits(ROOT, { minimum: 0, maximum: 25, default: 0 }), [
    "≥ 0",
    "≤ 25",
    "default 0",
  ]);
  assert.deepEqual(limits(ROOT, orNull({ type: "string", maxLength: 80 })), ["max length 80"]);
  assert.deepEqual(limits(ROOT, { ...ref("Status"), default: "RUNNING" }), ['default "RUNNING"']);
  assert.deepEqual(limits(ROOT, { ...orNull({ type: "string" }), default: null }), []);
  assert.deepEqual(choices(ROOT, orNull(ref("Status"))), ['"RUNNING"', '"FAILED"']);
});

test("members stand in it, through arrays and what may be null", () => {
  for (const schema of [ref("Task"), orNull(ref("Task")), { type: "array", items: ref("Task") }]) {
    const { members } = inside(ROOT, schema);
    assert.deepEqual(
      members.map(({ name, required }) => [name, required]),
      [
        ["id", true],
        ["note", false],
      ],
    );
  }
  const open = { type: "object", additionalProperties: { type: "string" } };
  assert.equal(inside(ROOT, open).members[0].open, true);
  assert.equal(hasInside(ROOT, { type: "object", additionalProperties: {} }), false);
});

test("either of two, where one of them has members; what is only needed is no type", () => {
  const two = { anyOf: [ref("Task"), { type: "string" }] };
  assert.equal(inside(ROOT, two).parts.length, 2);
  assert.deepEqual(inside(ROOT, { anyOf: [{ type: "string" }, { type: "integer" }] }).parts, []);
  const needed = {
    ...ROOT.components.schemas.Task,
    anyOf: [{ required: ["id"] }, { required: ["note"] }],
  };
  assert.deepEqual(inside(ROOT, needed).parts, []);
});

test("what holds itself comes to an end", () => {
  assert.equal(inside(ROOT, ref("Tree")).members[0].name, "left");
  assert.equal(hasInside(ROOT, ref("Any")), false);
  assert.ok(wordsOf(ROOT, ref("Tree")).length < 20);
  assert.ok(JSON.stringify(sample(ROOT, ref("Any"))).length < 200);
});

test("a sample has the schema's shape, or is an example of it", () => {
  assert.deepEqual(sample(ROOT, ref("Task")), { id: 0, note: "string" });
  assert.equal(sample(ROOT, { type: "string", examples: ["ada"] }), "ada");
  assert.equal(sample(ROOT, ref("Status")), "RUNNING");
  assert.deepEqual(sample(ROOT, { type: "array", items: { type: "boolean" } }), [true]);
});
