// Forms from JSON Schemas: what kind of field each part is, what a form begins with, what it says.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import {
  BrokenJson,
  ExactNumber,
  readExact,
  write,
} from "../../service/web/static/page/ui/exact_json.js";
import * as schemas from "../../service/web/static/page/ui/schema.js";
import * as words from "../../service/web/static/page/ui/schema_words.js";
import { check, placed, same } from "../../service/web/static/page/ui/schema_check.js";

const ROOT = new URL("../../", import.meta.url);
const read = (path) => readExact(readFileSync(new URL(path, ROOT), "utf8"));

function shipped() {
  return ["state_machines", "examples"].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT)).flatMap((name) => {
      try {
        return [[name, read(`${folder}/${name}/machine.json`).input_schema]];
      } catch {
        return []; // no folder of a state machine
      }
    }),
  );
}

function kinds(schema, root = schema) {
  const { kind, schema: own } = schemas.fieldOf(schema, root);
  if (kind === "list") return [kind, kinds(schemas.itemOf(own, 0), root)];
  if (kind !== "object") return kind;
  const members = schemas
    .propertiesOf(own)
    .map(({ name, schema: part }) => [name, kinds(part, root)]);
  return Object.fromEntries(members);
}

test("every example of the shipped schemas passes, and has fields of its own", () => {
  const found = shipped().filter(([, schema]) => schema);
  assert.ok(found.length > 10);
  for (const [name, schema] of found) {
    for (const example of schema.examples)
      assert.deepEqual(check(example, schema, "input"), [], name);
    if (schema.properties) assert.equal(typeof kinds(schema), "object", name);
  }
});

test("each part is the field that people would expect", () => {
  const order = read("state_machines/order-fulfilment/machine.json").input_schema;
  assert.deepEqual(kinds(order), {
    order_id: "text",
    customer: "text",
    amount: "number",
    card: "choice",
    parcels: ["list", { id: "text", weight_kg: "number" }],
  });
  const odd = {
    $defs: { "a/b": { type: "boolean" } },
    properties: {
      flag: { $ref: "#/$defs/a~1b" },
      lost: { $ref: "#/$defs/none" },
      far: { $ref: "https://example.com/schema" },
      free: { type: "object" },
      any: {},
      either: { type: ["string", "number"] },
      titled: { oneOf: [{ const: "a", title: "The first" }, { const: 2 }] },
      shapes: { oneOf: [{ properties: { kind: { const: "circle" } } }, { type: "string" }] },
      several: { type: "array", uniqueItems: true, items: { enum: ["a", "b"] } },
      fixed: { const: 3 },
      none: { type: "null" },
      text: { type: "string", maxLength: 5000 },
      pair: { type: "array", prefixItems: [{ type: "string" }], items: false },
    },
  };
  assert.deepEqual(kinds(odd), {
    flag: "boolean",
    lost: "json",
    far: "json",
    free: "json",
    any: "json",
    either: "variants",
    titled: "choice",
    shapes: "variants",
    several: "choices",
    fixed: "constant",
    none: "nothing",
    text: "long",
    pair: ["list", "text"],
  });
  assert.deepEqual(schemas.fieldOf(odd.properties.titled, odd).options, [
    { value: "a", label: "The first" },
    { value: 2, label: "2" },
  ]);
});

test("what may be null is the field of what else it may be", () => {
  const $defs = { text: { type: "string", maxLength: 9 } };
  for (const schema of [
    { type: ["string", "null"], maxLength: 9 },
    { anyOf: [{ type: "string", maxLength: 9 }, { type: "null" }] },
    { oneOf: [{ type: "null" }, { $ref: "#/$defs/text" }] },
  ]) {
    const { kind, nullable, schema: own } = schemas.fieldOf(schema, { $defs });
    assert.deepEqual([kind, nullable, own.maxLength], ["text", true, 9]);
  }
  const several = { anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }] };
  const { kind, nullable, variants } = schemas.fieldOf(several, several);
  assert.deepEqual([kind, nullable, variants.length], ["variants", true, 2]);
});

test("a form begins with what is required, constants and defaults", () => {
  const schema = {
    type: "object",
    properties: {
      kind: { const: "v1" },
      name: { type: "string" },
      months: { type: "integer", default: 24 },
      list: {
        type: "array",
        minItems: 1,
        items: { type: "object", properties: { id: {} }, required: ["id"] },
      },
      later: { type: "object", properties: { a: { const: 1 } } },
    },
    required: ["kind", "name", "list"],
  };
  assert.deepEqual(schemas.blank(schema, schema), { kind: "v1", months: 24, list: [{}] });
  const endless = { type: "object", properties: { me: { $ref: "#" } }, required: ["me"] };
  assert.ok(write(schemas.blank(endless, endless)).length < 200);
  const circle = { $ref: "#" };
  assert.equal(schemas.fieldOf(circle, circle).kind, "json");
});

test("what a schema asks for is said in words", () => {
  const said = (schema) => words.rulesOf(schema);
  assert.equal(said({ type: "integer", minimum: 6, maximum: 120 }), "whole number, 6 to 120");
  assert.equal(said({ type: "number", exclusiveMinimum: 0, maximum: 5 }), "more than 0, at most 5");
  assert.equal(said({ type: "string", minLength: 1, maxLength: 12 }), "at most 12 characters");
  assert.equal(said({ type: "string", minLength: 1, maxLength: 200 }), "");
  assert.equal(
    said({ type: "array", minItems: 1, uniqueItems: true }),
    "at least 1 item, each once",
  );
  assert.equal(said({ type: "string", pattern: "^A" }), "matching ^A");
  assert.equal(words.titleOf({}, "cooling_off-seconds"), "Cooling off seconds");
  assert.equal(words.titleOf({ title: "<b>" }, "x"), "<b>");
});

test("a form says what it knows, and is never stricter than the table", () => {
  for (const { schema, value, errors } of read("tests/page/schema_cases.json")) {
    const found = check(value, schema, "input").map(({ message }) => message);
    assert.deepEqual(found, errors, write({ schema, value }));
  }
});

test("errors stand at the fields they are about", () => {
  const schema = {
    properties: {
      parcels: { items: { properties: { id: { type: "string" } }, required: ["id"] } },
    },
  };
  assert.deepEqual(check({ parcels: [{}, { id: 3 }] }, schema, "input"), [
    { path: "input.parcels[0].id", message: "is needed" },
    { path: "input.parcels[1].id", message: "must be a text" },
  ]);
  assert.deepEqual(
    placed([
      { path: "input.parcels[0]", message: "lacks id" },
      { path: "name", message: "x" },
    ]),
    [
      { path: "input.parcels[0].id", message: "is needed" },
      { path: "name", message: "x" },
    ],
  );
  assert.deepEqual(check({ x: [new BrokenJson("{")] }, {}, "input"), [
    { path: "input.x[0]", message: "is not JSON yet" },
  ]);
});

test("numbers stay as they were written", () => {
  const text =
    '{"a":12345678901234567890,"b":1.10,"c":[1e400,-0,0.1,7],"d":"1.10","__proto__":1.0}';
  assert.equal(write(readExact(text)), text);
  assert.deepEqual(schemas.typedNumber(" 1.10 "), new ExactNumber("1.10"));
  assert.equal(schemas.typedNumber("15"), 15);
  for (const text of ["1,5", "+1", "01", ".5", "1.", "0x1", "NaN"])
    assert.equal(schemas.typedNumber(text), text);
  assert.equal(write({ a: new BrokenJson('{"b": ') }), '{"a":{"b": }');
  assert.throws(() => readExact('{"a": 1.10,}'), SyntaxError);
  assert.ok(same(readExact("[1.0,100,1e2]"), readExact("[1,1e2,100.00]")));
  assert.ok(!same(readExact("12345678901234567890"), readExact("12345678901234567891")));
});
