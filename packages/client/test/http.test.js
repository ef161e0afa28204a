// Requests: the credential, timeouts, retries, errors, addresses, and numbers as they were written.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ExactNumber, HandrailError, createClient, rawJson } from "../src/index.js";
import { readExact, write } from "../src/json.js";
import { ID, answer, problem, settle, snapshot, stage } from "./stage.js";

const PATH = `/v1/executions/${ID}`;

test("numbers that would be rounded are kept as they were written, and sent so again", () => {
  const text = '{"a":12345678901234567890,"b":1.10,"c":[1E5,-0,1,2.5],"d":"1.10 \\" 1.20","1.30":{}}';
  const read = readExact(text);
  assert.ok(read.a instanceof ExactNumber);
  assert.deepEqual([`${read.a}`, `${read.b}`, read.b * 2], ["12345678901234567890", "1.10", 2.2]);
  assert.deepEqual(read.c.slice(2), [1, 2.5]);
  assert.equal(read.d, '1.10 " 1.20');
  assert.equal(write({ input: read }), `{"input":${text}}`);
  // A text of one's own has it too, where JavaScript can say it.
  assert.equal(JSON.stringify({ b: read.b }), JSON.rawJSON ? '{"b":1.10}' : '{"b":1.1}');
  assert.deepEqual(readExact('{"a":[1,"x",null]}'), { a: [1, "x", null] });
  assert.equal(write(undefined), undefined);
});

test("text that is JSON is sent as it stands, and other text isn't taken", () => {
  assert.equal(write({ input: rawJson('{ "a": 1.10 }') }), '{"input":{ "a": 1.10 }}');
  assert.throws(() => rawJson("{"), SyntaxError);
});

test("a string in the middle of nothing can't be taken for a number", () => {
  const long = `["${"a\\\\".repeat(50_000)}",1.10]`;
  assert.equal(String(readExact(long)[1]), "1.10");
  assert.throws(() => readExact(`["${"a".repeat(50_000)}`), SyntaxError);
});

test("an error says what, and whether again", async (t) => {
  const scene = stage(t);
  const errors = [{ path: "input.amount", message: "Too little." }];
  scene.answers["/v1/state-machines/order/executions"] = () =>
    problem(422, "invalid_input", { errors, request_id: "r1", retryable: false });
  const failed = scene.client.start("order", { amount: 0 });
  await assert.rejects(failed, (error) => {
    assert.ok(error instanceof HandrailError);
    const { status, code, title, message, retryable, requestId } = error;
    assert.deepEqual(
      [status, code, title, message, retryable, requestId, error.errors],
      [422, "invalid_input", "invalid_input", "It is invalid_input.", false, "r1", errors],
    );
    return true;
  });
  assert.equal(scene.asked.length, 1);
});

test("an answer of something else is told from Handrail's", async (t) => {
  const scene = stage(t);
  scene.answers["/v1/me"] = () => answer("<html>sign in</html>");
  await assert.rejects(scene.client.me(), { code: "not_handrail", retryable: false });
  scene.answers["/v1/me"] = () => answer("<html>bad gateway</html>", { status: 500 });
  await assert.rejects(scene.client.me(), { status: 500, message: "The service answered 500." });
});

test("what may be repeated is, a while later; what may have been done is not", async (t) => {
  const scene = stage(t);
  const answers = [
    () => Promise.reject(new TypeError("refused")),
    () => problem(503, "unavailable", { retryable: true }),
    () => answer({ principal: "Ada" }),
  ];
  scene.answers["/v1/me"] = () => answers.shift()();
  const asking = scene.client.me();
  await scene.pass(1499);
  assert.equal(scene.asked.length, 2);
  await scene.pass(1);
  assert.deepEqual(await asking, { principal: "Ada" });
  delete scene.answers["/v1/me"];
  const redriving = scene.client.redrive(ID);
  await assert.rejects(redriving, { code: "unreachable", status: 0, retryable: true });
  assert.deepEqual(scene.asked.slice(3), [`POST ${PATH}/redrive`]);
});

test("a start that is tried again is the same start", async (t) => {
  const scene = stage(t);
  const keys = [];
  scene.answers["/v1/state-machines/order%2F1/executions"] = ({ headers, body, url }) => {
    keys.push(headers.get("Idempotency-Key"));
    if (keys.length === 1) return problem(503, "overloaded", { retryable: true });
    return answer({ execution: "order:7", cursor: "9:0", asked: [JSON.parse(body), url.search] });
  };
  const starting = scene.client.start("order/1", [1], { name: "7", wait: 5, credential: true });
  await scene.pass(500);
  const { asked } = await starting;
  assert.deepEqual(asked, [{ input: [1], name: "7" }, "?wait=5&credential=1"]);
  assert.equal(keys[0], keys[1]);
  assert.match(keys[0], /^[0-9a-f]{48}$/);
});

test("an Express execution, which takes no key, is started without one", async (t) => {
  const scene = stage(t);
  scene.answers["/v1/state-machines/price/executions"] = ({ headers }) =>
    headers.get("Idempotency-Key")
      ? problem(409, "unsupported_by_type")
      : answer({ execution: "price:7", cursor: null });
  assert.equal((await scene.client.start("price", {})).execution, "price:7");
  const keyed = scene.client.start("price", {}, { idempotencyKey: "mine" });
  await assert.rejects(keyed, { code: "unsupported_by_type" });
});

test("what this client changed is asked for with the cursor that the answer had", async (t) => {
  const scene = stage(t);
  let changes = 0;
  const changed = () => answer(snapshot({ cursor: `9:${(changes += 1)}` }));
  scene.answers[PATH] = () => answer(snapshot());
  for (const what of ["redrive", "stop"]) scene.answers[`${PATH}/${what}`] = changed;
  scene.answers[`${PATH}/tasks/14/success`] = ({ body }) => answer({ told: body });
  scene.answers["/v1/state-machines/order/executions"] = changed;
  const { client } = scene;
  await client.execution(ID);
  await client.start("order", {});
  await client.execution(ID);
  await client.redrive(ID);
  await client.stop(ID, { error: "E" });
  assert.deepEqual(await client.tasks.succeed(ID, 14, null), { told: '{"output":null}' });
  assert.deepEqual(scene.asked, [
    `GET ${PATH}`,
    "POST /v1/state-machines/order/executions",
    `GET ${PATH}?after=9%3A1`,
    `POST ${PATH}/redrive?after=9%3A1`,
    `POST ${PATH}/stop?after=9%3A2`,
    `POST ${PATH}/tasks/14/success?after=9%3A3`,
  ]);
  assert.equal(client.watch(ID).stream.wanted.after, "9:3");
});

test("a refused credential is asked for anew, once, and kept while it is good", async (t) => {
  const tokens = ["old", "new"];
  const scene = stage(t, { token: () => tokens.shift() ?? "new" });
  const used = [];
  scene.answers["/v1/me"] = ({ headers }) => {
    used.push(headers.get("Authorization"));
    return used.at(-1) === "Bearer new" ? answer({}) : problem(401, "credential_expired");
  };
  await scene.client.me();
  await scene.client.me();
  assert.deepEqual(used, ["Bearer old", "Bearer new", "Bearer new"]);
  scene.answers["/v1/me"] = () => problem(401, "unauthenticated");
  await assert.rejects(scene.client.me(), { status: 401 });
});

test("a credential is asked for before it expires", async (t) => {
  let asked = 0;
  const scene = stage(t, {
    token: async () => ({ token: `t${(asked += 1)}`, expires_at: scene.now + 100_000 }),
  });
  scene.answers["/v1/me"] = ({ headers }) => answer({ told: headers.get("Authorization") });
  const { client } = scene;
  const both = await Promise.all([client.me(), client.me()]);
  assert.deepEqual(both, [{ told: "Bearer t1" }, { told: "Bearer t1" }]);
  await scene.pass(79_000);
  assert.deepEqual(await client.me(), { told: "Bearer t1" });
  await scene.pass(2000);
  assert.deepEqual(await client.me(), { told: "Bearer t2" });
});

test("a service that doesn't answer is given up, at once where its asker leaves", async (t) => {
  const scene = stage(t, { requestTimeoutMs: 1000 });
  scene.answers["/v1/me"] = () => new Promise(() => {});
  const late = assert.rejects(scene.client.me(), { code: "timeout", retryable: true });
  await scene.pass(1000);
  await late;
  const gone = new AbortController();
  const left = assert.rejects(scene.client.me({ signal: gone.signal }), { name: "AbortError" });
  await settle();
  gone.abort();
  await left;
  await assert.rejects(scene.client.me({ signal: AbortSignal.abort("why") }), (it) => it === "why");
});

test("addresses are below the service's, and never another's", async (t) => {
  const scene = stage(t, { url: "https://here/front", token: "secret" });
  for (const path of ["/front/v1/x:1", "/v1/x:1", "v1/x:1"]) {
    assert.equal(scene.client.http.address(path).href, "https://here/front/v1/x:1");
  }
  assert.equal(scene.client.http.address("//elsewhere/v1").href, "https://here/front/elsewhere/v1");
  await assert.rejects(scene.client.get("https://elsewhere/v1"), { code: "another_origin" });
  assert.deepEqual(scene.asked, []);
});

test("without an address it is where its page is, and made on a server it asks nothing", (t) => {
  const client = createClient();
  assert.equal(client.watch(ID).getSnapshot().connection.state, "idle");
  globalThis.document = { baseURI: "https://example.com/front/?x#y" };
  t.after(() => delete globalThis.document);
  assert.equal(client.http.address("v1/me").href, "https://example.com/front/v1/me");
});
