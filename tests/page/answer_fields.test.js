// What was typed into a form of an output, as it is sent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readFields } from "../../service/web/static/page/execution/answer_fields.js";

const FIELDS = [
  { name: "limit", title: "Limit", kind: "number", required: true },
  { name: "verdict", title: "Verdict", kind: "choice", required: true },
  { name: "note", title: "Note", kind: "long", required: false },
];
const sent = (values) =>
  Object.fromEntries(Object.entries(values).map(([name, it]) => [name, it.text ?? it]));

test("numbers are sent as they were typed, choices as the JSON they stand for", () => {
  const typed = { limit: " 12345678901234567890.10 ", verdict: "true", note: "fine" };
  const values = sent(readFields(FIELDS, typed));
  assert.deepEqual(values, { limit: "12345678901234567890.10", verdict: "true", note: "fine" });
});

test("what may be left out and is empty is left out", () => {
  assert.deepEqual(Object.keys(readFields(FIELDS, { limit: "1", verdict: "false", note: " " })), [
    "limit",
    "verdict",
  ]);
});

test("each field that can't be used is told of, by its title", () => {
  assert.throws(
    () => readFields(FIELDS, { limit: "0x10" }),
    ({ title, errors }) => {
      assert.match(title, /can't be used/);
      assert.deepEqual(errors, [
        { path: "Limit", message: "must be a number" },
        { path: "Verdict", message: "is needed" },
      ]);
      return true;
    },
  );
});
