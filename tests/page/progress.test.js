// How far an execution is, in words: those of the command line.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ExactNumber } from "../../service/web/static/client/index.js";
import { farText, reckoned, spentTexts } from "../../service/web/static/page/execution/progress_words.js";

const cases = JSON.parse(readFileSync(new URL("progress_cases.json", import.meta.url), "utf8"));

for (const { progress, over, text } of cases) {
  test(text, () => {
    const said = [farText(progress, over), ...spentTexts(progress)];
    assert.equal(said.filter(Boolean).join(" · "), text);
  });
}

test("numbers that came as they were written are reckoned with", () => {
  const [{ progress, text }] = cases;
  const told = { ...progress, remaining_s: new ExactNumber("170.0"), usd: new ExactNumber("1e-03") };
  const said = [farText(reckoned(told), false), ...spentTexts(reckoned(told))];
  assert.equal(said.join(" · "), text);
});

test("what is left gets less, and is overdue when the usual time has passed", () => {
  const [{ progress }] = cases;
  assert.equal(farText(progress, false, 120), "62 %, about 50 s left");
  assert.equal(farText(progress, false, 169), "62 %, a few seconds left");
  assert.equal(farText(progress, false, 170), "62 %, overdue: usually takes 4 min");
});
