// When news that isn't delivered is worth a line.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isLate, undeliveredText } from "../../service/web/static/page/overview/undelivered_words.js";

test("what failed three times is late", () => {
  assert.equal(isLate({ attempts: 3, problem: "no answer" }), true);
  assert.equal(isLate({ attempts: 2, problem: "no answer" }), false);
  assert.equal(isLate({ attempts: 3, problem: null }), false);
});

test("nothing is said while all goes well", () => {
  assert.equal(undeliveredText({ waiting: 0, dead: 0 }, 0), "");
  assert.equal(undeliveredText({ waiting: 19, dead: 0 }, 0), "");
});

test("what was given up, waits for long or is many is counted", () => {
  assert.equal(undeliveredText({ waiting: 0, dead: 1 }, 0), "1 news was given up");
  assert.equal(undeliveredText({ waiting: 1, dead: 2 }, 0), "2 news were given up, 1 waits to be delivered");
  assert.equal(undeliveredText({ waiting: 4, dead: 0 }, 1), "4 wait to be delivered");
  assert.equal(undeliveredText({ waiting: 20, dead: 0 }, 0), "20 wait to be delivered");
});
