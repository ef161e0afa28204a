// Payloads as lines and as text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readExact } from "../../packages/client/src/json.js";
import { linesOf, written } from "../../service/web/static/page/ui/json_lines.js";

const shown = ({ lines }) =>
  lines.map(({ depth, key, tokens, comma }) => {
    const name = key === null ? "" : `${JSON.stringify(key)}: `;
    return " ".repeat(depth * 2) + name + tokens.map(({ text }) => text).join("") + (comma ? "," : "");
  });

test("numbers stand as they were written, and in what is copied too", () => {
  const text = '{"n":12345678901234567890,"price":1.10,"list":[1e400,-0.0]}';
  const value = readExact(text);
  assert.equal(written(value, 0), text);
  assert.deepEqual(shown(linesOf({ n: value.n })), ['{"n": 12345678901234567890}']);
});

test("what is written is the same JSON, indented", () => {
  const value = { a: [], b: {}, c: [1, { d: 'quo"te' }], __proto__x: null, "": true };
  assert.equal(written(value), JSON.stringify(value, null, 2));
});

test("small containers stand in one line, others a member a line", () => {
  const value = { id: "A-1", parcels: [{ id: "p1" }, { id: "p2", note: "x".repeat(60) }] };
  assert.deepEqual(shown(linesOf(value)), [
    "{",
    '  "id": "A-1",',
    '  "parcels": [',
    '    {"id": "p1"},',
    "    {",
    '      "id": "p2",',
    `      "note": "${"x".repeat(60)}"`,
    "    }",
    "  ]",
    "}",
  ]);
});

test("what the reader folds says how much is in it, by a path that no name can fake", () => {
  const value = { "a/b": { x: [[1], [2], [3]] }, a: { b: [[9]] } };
  const toggled = new Map([["/a~1b/x", false]]);
  const { lines } = linesOf(value, { toggled });
  const folded = lines.filter(({ fold }) => fold === "folded");
  assert.deepEqual(folded.map(({ path, tokens }) => [path, tokens[1].text]), [["/a~1b/x", "3 items"]]);
  assert.equal(new Set(lines.map(({ path }) => path)).size, lines.length);
});

test("deep ones are folded at first, and 200 levels can be opened and written", () => {
  let value = "bottom";
  for (let depth = 0; depth < 200; depth += 1) value = { down: [value] };
  assert.ok(linesOf(value).lines.length < 30);
  const all = { get: () => true };
  assert.equal(linesOf(value, { toggled: all }).lines.at(200).depth, 200);
  assert.equal(JSON.stringify(JSON.parse(written(value))), JSON.stringify(value));
});

test("no more lines are made than are asked for, and it is said that there are more", () => {
  const value = Array.from({ length: 100_000 }, (_, n) => [[n]]);
  const { lines, more } = linesOf(value, { limit: 300 });
  assert.deepEqual([lines.length, more], [300, true]);
  assert.equal(linesOf([[[1]]], { limit: 5 }).more, false);
});

test("long texts are cut until they are asked for", () => {
  const value = { text: "é".repeat(5000) };
  const [, line] = linesOf(value).lines;
  assert.equal(line.cut, 5000);
  assert.ok(line.tokens[0].text.length < 400);
  const [, whole] = linesOf(value, { whole: new Set(["/text"]) }).lines;
  assert.deepEqual([whole.cut, whole.tokens[0].text], [0, JSON.stringify(value.text)]);
});
