// The hooks, in StrictMode, and where there is no browser.

import "./dom.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { act, createElement as h, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";

import { HandrailProvider, useExecution, useStart } from "../src/react.js";
import { createFake } from "../src/testing.js";
import { shown } from "./dom.js";

const TEXT = readFileSync(new URL("recordings/order.jsonl", import.meta.url), "utf8");
const ID = "order-fulfilment:order-1002";
let hr;
let root;
let draws;

beforeEach(() => {
  hr = createFake({ recordings: { [ID]: TEXT, "order-fulfilment:other": TEXT } });
  root = createRoot(document.getElementById("app"));
  draws = 0;
});
afterEach(async () => {
  await act(() => root.unmount());
  hr.close();
});

function Order({ id }) {
  const { execution, states, connection } = useExecution(id);
  draws += 1;
  return h("p", {}, [connection.state, execution.status, states.size].join(" "));
}

const app = (...children) =>
  h(StrictMode, {}, h(HandrailProvider, { client: hr }, ...children));
const draw = (...children) => act(() => root.render(app(...children)));
const advance = (ms) => act(() => hr.advance(ms));

test("an execution is shown as it goes on, over one subscription however many look on", async () => {
  await draw(h(Order, { id: ID }), h(Order, { id: ID }));
  await advance(0);
  assert.match(shown(), /^live RUNNING 4live RUNNING 4$/);
  assert.equal(hr.playing.size, 1);
  draws = 0;
  await advance(2000);
  assert.ok(draws <= 4, `${draws} draws for one change of two components in StrictMode`);
  await act(() => hr.finish());
  assert.match(shown(), /^live SUCCEEDED/);
});

test("another id is another execution, and none is none", async () => {
  await draw(h(Order, { id: null }));
  assert.equal(shown(), "idle  0");
  await draw(h(Order, { id: ID }));
  await advance(0);
  assert.match(shown(), /^live RUNNING/);
  await draw(h(Order, { id: "order-fulfilment:unknown" }));
  await advance(0);
  assert.match(shown(), /^ended/);
});

test("it is left when the component is", async () => {
  await draw(h(Order, { id: ID }));
  await advance(0);
  const stream = [...hr.streams.values()][0];
  assert.equal(stream.users, 1);
  await draw(null);
  assert.equal(stream.users, 0);
});

test("on a server nothing is known, and nothing is asked", () => {
  assert.equal(renderToString(app(h(Order, { id: ID }))), "<p>idle  0</p>");
  assert.equal(hr.playing.size, 0);
});

test("a start tells how it goes, and two clicks are one", async () => {
  let begin;
  function Start() {
    const { start, starting, execution, error } = useStart("order-fulfilment");
    begin = () => start({ order_id: "A-1" });
    return h("p", {}, starting ? "…" : (execution?.execution ?? error?.message ?? "-"));
  }
  await draw(h(Start));
  assert.equal(shown(), "-");
  let answers;
  await act(async () => {
    answers = [begin(), begin()];
    await Promise.all(answers);
  });
  assert.equal(shown(), ID);
  assert.equal((await answers[0]).execution, ID);
  assert.equal(hr.calls.length, 1);
});

test("a start that fails says why, and answers null", async () => {
  let begin;
  function Start() {
    const { start, error } = useStart("nothing-recorded");
    begin = start;
    return h("p", {}, error?.message ?? "-");
  }
  await draw(h(Start));
  await act(async () => assert.equal(await begin({}), null));
  assert.match(shown(), /No execution of nothing-recorded/);
});

test("without a client it says what is missing", () => {
  assert.throws(() => renderToString(h(Order, { id: ID })), /HandrailProvider/);
});
