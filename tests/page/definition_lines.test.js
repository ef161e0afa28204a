// A definition as lines: where its states and paths stand, what is highlighted, what can be folded.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import * as definition from "../../service/web/static/page/machine/definition_lines.js";
import { namesOf } from "../../service/web/static/page/machine/examples.js";
import { faultOf, formatted, tokensOf } from "../../service/web/static/page/ui/json_text.js";

const ROOT = new URL("../../", import.meta.url);
const { lineOf, linesOf, shownLines, stateAt } = definition;

function texts() {
  return ["state_machines", "examples"].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true })
      .filter((path) => path.endsWith(".asl.json"))
      .map((path) => readFileSync(new URL(`${folder}/${path}`, ROOT), "utf8")),
  );
}

const shown = ({ lines }) => lines.map((line) => line.map(({ text }) => text).join("")).join("\n");

test("a definition keeps its own lines, and stands on several where it had one", () => {
  assert.ok(texts().length > 10);
  for (const text of texts()) {
    assert.equal(shown(linesOf(text)), text.trimEnd());
    const flat = JSON.stringify(JSON.parse(text));
    assert.deepEqual(JSON.parse(shown(linesOf(flat))), JSON.parse(text));
    assert.deepEqual(
      [...linesOf(flat).states.keys()].sort(),
      [...linesOf(text).states.keys()].sort(),
    );
  }
});

test("numbers, the order of keys and keys that come twice stay as they are", () => {
  const text = '{"2":1.10,"1":12345678901234567890,"1":[1e400,"a"],"e":{},"l":[[1]]}';
  assert.equal(
    formatted(text),
    '{\n  "2": 1.10,\n  "1": 12345678901234567890,\n  "1": [1e400, "a"],\n' +
      '  "e": {},\n  "l": [\n    [1]\n  ]\n}',
  );
});

const ODD = JSON.stringify({
  StartAt: "a.b",
  States: {
    "a.b": {
      Type: "Pass",
      Parameters: { States: { fake: { Type: "Pass" } }, Next: "c" },
      Next: "c",
    },
    a: {
      Type: "Parallel",
      Branches: [{ StartAt: "in [0]", States: { "in [0]": { Type: "Fail" } } }],
      End: true,
    },
    c: {
      Type: "Map",
      ItemProcessor: { StartAt: "x", States: { x: { Type: "Pass", "b.$": "$.y" } } },
      Next: "nowhere",
    },
  },
});

test("states are found in every scope, and nowhere else", () => {
  const source = linesOf(ODD);
  assert.deepEqual([...source.states.keys()].sort(), ["a", "a.b", "c", "in [0]", "x"]);
  const { first, last } = source.states.get("in [0]");
  assert.equal(stateAt(source.states, first), "in [0]");
  assert.equal(stateAt(source.states, last + 1), "a");
  assert.equal(stateAt(source.states, 0), null);
});

test("a path leads to its line, whatever names hold", () => {
  const source = linesOf(ODD);
  const text = (path) => shown(source).split("\n")[lineOf(source.root, path)]?.trim();
  assert.equal(text("States.a.b.Next"), '"Next": "c"');
  assert.equal(text("States.a.Branches[0].States.in [0].Type"), '"Type": "Fail"');
  assert.equal(text("States.c.ItemProcessor.States.x"), '"x": {');
  assert.equal(text(""), "{");
  assert.equal(lineOf(source.root, "States.gone"), -1);
});

test("names of states, paths and expressions are told from other texts", () => {
  const text =
    '{"StartAt":"A","States":{"A":{"Type":"Pass",' +
    '"Output":"{% $x %}","ResultPath":"$.r","Next":"B"}}}';
  const kinds = linesOf(text)
    .lines.flat()
    .filter(({ kind }) => !["space", "mark", "key"].includes(kind));
  assert.deepEqual(
    kinds.map(({ kind, text: token, state }) => [kind, token, state].filter(Boolean)),
    [
      ["name", '"A"', "A"],
      ["name", '"A"', "A"],
      ["string", '"Pass"'],
      ["jsonata", '"{% $x %}"'],
      ["path", '"$.r"'],
      ["string", '"B"', "B"],
    ],
  );
});

test("what is folded takes one line", () => {
  const source = linesOf(ODD);
  const { first, last } = source.states.get("a");
  const lines = shownLines(source, new Set([first]));
  assert.equal(lines.length, source.lines.length - (last - first));
  assert.ok(lines.includes(first) && !lines.includes(first + 1) && lines.includes(last + 1));
});

test("300 KB are read in no time, and what isn't JSON is shown all the same", () => {
  const states = Object.fromEntries(
    Array.from({ length: 2500 }, (_, at) => [
      `S${at}`,
      { Type: "Pass", Comment: "x".repeat(80), Next: `S${at + 1}` },
    ]),
  );
  const text = JSON.stringify({ StartAt: "S0", States: states });
  assert.ok(text.length > 300_000);
  const began = performance.now();
  assert.equal(linesOf(text).states.size, 2500);
  assert.ok(performance.now() - began < 2000);
  assert.equal(shown(linesOf("{oops\n}")), "{oops\n}");
  assert.equal(shown(linesOf('{"a":')), '{\n  "a": ');
});

test("where JSON is broken, the place is told in words", () => {
  const told = (text) => {
    const { line, column, message } = faultOf(text);
    return `${line}:${column} ${message}`;
  };
  assert.equal(faultOf('{"a": [1, "b", {}]}'), null);
  assert.equal(told(""), "1:1 a value is missing");
  assert.equal(told('{"a": 1,\n  b: 2}'), "2:3 a name in double quotes is missing");
  assert.equal(told('{"a": 1,}'), "1:9 the comma before it is too much");
  assert.equal(told("[1 2]"), "1:4 a comma or the end is missing");
  assert.equal(told("{'a': 1}"), "1:2 texts stand in double quotes");
  assert.equal(told('{"a": "b\n"}'), "1:7 a text has no end, or a character that needs a \\");
  assert.equal(told('{"a" 1}'), "1:6 a : is missing");
  assert.equal(told("{} {}"), "1:4 there is more behind the end");
  assert.equal(told("]"), "1:1 a value is missing");
  assert.equal(tokensOf("[1, oops]").at(-1).kind, "odd");
});

test("examples are named by what tells them apart", () => {
  const examples = [
    { kind: "v1", id: 1, who: "Ada", amount: 120.5, list: [] },
    { kind: "v1", id: 2, who: "Grace", amount: 4200, ok: true },
  ];
  assert.deepEqual(namesOf(examples, { amount: { title: "Sum" } }), [
    { name: "Ada", facts: ["Id 1", "Sum 120.5"] },
    { name: "Grace", facts: ["Id 2", "Sum 4200", "Ok Yes"] },
  ]);
  assert.deepEqual(namesOf([{}, [1, 2]]), [
    { name: "{}", facts: [] },
    { name: "[1,2]", facts: [] },
  ]);
});
