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
