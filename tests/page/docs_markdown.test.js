// The documents' Markdown: what it knows becomes elements, all else stays text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blocks, inline } from "../../service/web/static/page/docs/markdown.js";

const p = (...pieces) => ({ type: "p", inline: pieces });
const code = (text) => ({ type: "code", text });

test("lines of a paragraph are one, an empty line parts two", () => {
  assert.deepEqual(blocks("\nOne\n line.\n\n\nAnother."), [p("One line."), p("Another.")]);
  assert.deepEqual(blocks(""), []);
});

test("code, emphasis and links within a line", () => {
  assert.deepEqual(inline("A `?wait=` and `b`."), ["A ", code("?wait="), " and ", code("b"), "."]);
  assert.deepEqual(inline("see **this** and _that_"), [
    "see ",
    { type: "strong", inline: ["this"] },
    " and ",
    { type: "em", inline: ["that"] },
  ]);
  assert.deepEqual(inline("[`cursor`](live.md#cursor), https://a.example/b."), [
    { type: "a", href: "live.md#cursor", inline: [code("cursor")] },
    ", ",
    { type: "a", href: "https://a.example/b", inline: ["https://a.example/b"] },
    ".",
  ]);
});

test("names and products are no emphasis", () => {
  for (const text of [
    "last_changed_at and first_entered_at",
    "3 * 4 * 5",
    "a*b*c",
    "order-*, `?`",
  ]) {
    assert.deepEqual(
      inline(text).filter((one) => one.type && one.type !== "code"),
      [],
      text,
    );
  }
});

test("an address that does something stays text", () => {
  for (const address of ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "vbscript:x"]) {
    assert.deepEqual(inline(`[click](${address})`), [`[click](${address})`]);
  }
  assert.deepEqual(inline("<img src=x onerror=alert(1)>"), ["<img src=x onerror=alert(1)>"]);
});

test("lists, with what is indented inside of their items", () => {
  assert.deepEqual(blocks("Either:\n- one\n  more\n- `two`\n  - inner\n\n2. second\n3. third"), [
    p("Either:"),
    {
      type: "ul",
      start: 1,
      items: [[p("one more")], [p(code("two")), { type: "ul", start: 1, items: [[p("inner")]] }]],
    },
    { type: "ol", start: 2, items: [[p("second")], [p("third")]] },
  ]);
});

test("headings and fenced code", () => {
  assert.deepEqual(blocks("## A `b`\n```json\n{\n  <b>\n\n# no\n```\nAfter"), [
    { type: "h", level: 2, inline: ["A ", code("b")] },
    { type: "code", text: "{\n  <b>\n\n# no" },
    p("After"),
  ]);
  assert.deepEqual(blocks("```\nnever closed"), [{ type: "code", text: "never closed" }]);
});

test("a long text of marks is read in no time", () => {
  const began = performance.now();
  for (const mark of ["*a", "`", "[", "**", "_a_", "[a](", "- "]) blocks(mark.repeat(2_000));
  assert.ok(performance.now() - began < 2_000);
});
