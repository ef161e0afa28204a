// Tokens for pages: asked of a service over real HTTP, with the server's own credential alone.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { createTokens, HandrailError, tokenHandler } from "../src/server.js";

const asked = [];
let reply = { status: 201, body: { token: "narrow", expires_at: "2026-11-27T17:00:00.000Z" } };
let server;
let url;

before(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const { method, url: path, headers } = request;
      asked.push({ method, path, authorization: headers.authorization, body: JSON.parse(text) });
      response.writeHead(reply.status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}/live`;
});
after(() => server.close());
beforeEach(() => {
  asked.length = 0;
  reply = { status: 201, body: { token: "narrow", expires_at: "2026-11-27T17:00:00.000Z" } };
});

const tokens = () => createTokens({ url, credential: async () => "server-key" });

test("a token is asked for with no more than is granted", async () => {
  const issued = await tokens().token({ executions: ["order:1"], expires_in: 60 });
  assert.equal(issued.token, "narrow");
  assert.deepEqual(asked, [
    {
      method: "POST",
      path: "/live/v1/tokens",
      authorization: "Bearer server-key",
      body: { executions: ["order:1"], scopes: ["read"], expires_in: 60 },
    },
  ]);
});

test("what the service refuses is an error that says why", async () => {
  reply = { status: 422, body: { code: "invalid_request", detail: "Name something.", errors: [] } };
  await assert.rejects(tokens().token({}), (error) => {
    assert.ok(error instanceof HandrailError);
    assert.deepEqual([error.status, error.code, error.message], [422, "invalid_request", "Name something."]);
    return true;
  });
});

test("the handler answers whom it is told to, and keeps failures to itself", async () => {
  const faults = [];
  const handler = tokenHandler({
    tokens: tokens(),
    allow: (request) =>
      request.headers.get("Cookie") === "user=ada" ? { machines: ["order"], scopes: ["read"] } : null,
    onError: (error) => faults.push(error),
  });
  const as = (cookie, method = "GET") =>
    handler(new Request("http://app.example/my/token", { method, headers: { Cookie: cookie } }));
  const good = await as("user=ada");
  assert.deepEqual(
    [good.status, good.headers.get("Cache-Control"), (await good.json()).token],
    [200, "no-store", "narrow"],
  );
  assert.equal((await as("user=eve")).status, 403);
  assert.equal((await as("user=ada", "DELETE")).status, 405);
  assert.equal(asked.length, 1);
  reply = { status: 401, body: { code: "unauthenticated", detail: "The key server-key is unknown." } };
  const bad = await as("user=ada");
  assert.equal(bad.status, 502);
  assert.ok(!(await bad.text()).includes("server-key"));
  assert.equal(faults.length, 1);
});
