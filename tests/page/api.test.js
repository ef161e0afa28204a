// Where the page looks for its sockets.

import assert from "node:assert/strict";
import { test } from "node:test";

async function socketUrl(...given) {
  globalThis.document = { baseURI: "https://example.com/front/?x#y" };
  return (await import("../../service/web/static/api.js")).socketUrl(...given);
}

test("a path is one from where the page is served", async () => {
  const url = await socketUrl("/v1/executions/orders%2FEach%20one:7/ws");
  assert.equal(url, "wss://example.com/front/v1/executions/orders%2FEach%20one:7/ws");
});

test("a URL stays as the service wrote it, with parameters besides", async () => {
  const url = await socketUrl("wss://abc.example.com/live?execution=orders%2FEach%20one:7", {
    after: "9:3",
    level: undefined,
    ticket: "a-b_c",
  });
  assert.equal(
    url,
    "wss://abc.example.com/live?execution=orders%2FEach%20one:7&after=9%3A3&ticket=a-b_c",
  );
});

test("a first connection has nothing to resume from", async () => {
  const url = await socketUrl("/v1/executions/order:one/ws", { after: null });
  assert.equal(url, "wss://example.com/front/v1/executions/order:one/ws");
});

test("what the page changed is asked for with the cursor that the answer had", async () => {
  globalThis.document = { baseURI: "https://example.com/front/" };
  globalThis.sessionStorage = { getItem: () => null };
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url.pathname + url.search);
    const text = JSON.stringify({ execution: "order:7", cursor: `9:${asked.length}` });
    return { ok: true, text: async () => text };
  };
  const { api, seen } = await import("../../service/web/static/api.js");
  await api.execution("order:7");
  await api.start("order", "{}", "key");
  await api.execution("order:7");
  await api.redrive("order:7");
  await api.stop("order:7", "{}");
  assert.equal(seen("order:7"), "9:5");
  assert.deepEqual(asked, [
    "/front/v1/executions/order:7",
    "/front/v1/state-machines/order/executions",
    "/front/v1/executions/order:7?after=9%3A2",
    "/front/v1/executions/order:7/redrive?after=9%3A2",
    "/front/v1/executions/order:7/stop?after=9%3A4",
  ]);
});

test("whoever gives a token that isn't known is told so, and asked again", async () => {
  const kept = new Map();
  const why = { textContent: "", hidden: true };
  const given = { value: "" };
  const shown = [];
  const answers = ["wrong", "right"];
  const dialog = Object.assign(new EventTarget(), {
    querySelector: (what) => (what === ".problem" ? why : given),
    showModal() {
      queueMicrotask(() => {
        shown.push(why.hidden ? null : why.textContent);
        given.value = answers.shift();
        dialog.returnValue = "use";
        dialog.dispatchEvent(new Event("close"));
      });
    },
  });
  globalThis.document = { baseURI: "https://example.com/", getElementById: () => dialog };
  globalThis.sessionStorage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
  };
  globalThis.fetch = async (_, { headers }) => {
    const ok = headers.get("Authorization") === "Bearer right";
    const text = ok ? "{}" : JSON.stringify({ detail: "This credential isn't known here." });
    return { ok, status: ok ? 200 : 401, headers: new Headers(), text: async () => text };
  };
  const { api } = await import("../../service/web/static/api.js");
  assert.deepEqual(await api.machines(), {});
  assert.deepEqual(shown, [null, "This credential isn't known here."]);
});
