// The composables, in a component's life, and where there is no browser.

import "./dom.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { createApp, createSSRApp, h, nextTick, ref } from "vue";
import { renderToString } from "vue/server-renderer";

import { createFake } from "../src/testing.js";
import { handrail, useExecution, useStart } from "../src/vue.js";
import { shown } from "./dom.js";

const TEXT = readFileSync(new URL("recordings/order.jsonl", import.meta.url), "utf8");
const ID = "order-fulfilment:order-1002";
let hr;
let app;

beforeEach(() => {
  hr = createFake({ recordings: { [ID]: TEXT } });
});
afterEach(() => {
  app?.unmount();
  hr.close();
});

function mount(setup) {
  app = createApp({ setup }).use(handrail, hr);
  app.mount(document.getElementById("app"));
}

async function advance(ms) {
  await hr.advance(ms);
  await nextTick();
}

const order = (id) => () => {
  const { execution, states, connection } = useExecution(id);
  return () => h("p", [connection.value.state, execution.value.status, states.value.length].join(" "));
};

test("an execution is shown as it goes on, and left with the component", async () => {
  mount(order(ID));
  await advance(0);
  assert.equal(shown(), "live RUNNING 4");
  await hr.finish();
  await nextTick();
  assert.match(shown(), /^live SUCCEEDED/);
  const [stream] = hr.streams.values();
  app.unmount();
  app = null;
  assert.equal(stream.users, 0);
});

test("a ref that names another is followed", async () => {
  const id = ref(null);
  mount(order(id));
  assert.equal(shown(), "idle  0");
  id.value = ID;
  await nextTick();
  await advance(0);
  assert.equal(shown(), "live RUNNING 4");
  id.value = null;
  await nextTick();
  assert.equal(shown(), "idle  0");
});

test("on a server nothing is known, and nothing is asked", async () => {
  const { window } = globalThis;
  delete globalThis.window;
  try {
    const ssr = createSSRApp({ setup: order(ID) }).use(handrail, hr);
    assert.equal(await renderToString(ssr), "<p>idle  0</p>");
    assert.equal(hr.playing.size, 0);
  } finally {
    globalThis.window = window;
  }
});

test("a start tells how it goes, and two clicks are one", async () => {
  let starting;
  mount(() => {
    starting = useStart("order-fulfilment");
    return () => h("p", starting.execution.value?.execution ?? (starting.starting.value ? "…" : "-"));
  });
  const answers = [starting.start({}), starting.start({})];
  await nextTick();
  assert.equal(shown(), "…");
  await Promise.all(answers);
  await nextTick();
  assert.equal(shown(), ID);
  assert.equal(hr.calls.length, 1);
});

test("a start that fails says why, and answers null", async () => {
  let starting;
  mount(() => {
    starting = useStart(() => "nothing-recorded");
    return () => h("p", starting.error.value?.message ?? "-");
  });
  assert.equal(await starting.start({}), null);
  await nextTick();
  assert.match(shown(), /No execution of nothing-recorded/);
});
