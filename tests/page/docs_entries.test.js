// What the documents page lists, and how it is found.

import assert from "node:assert/strict";
import { test } from "node:test";

import { curl } from "../../service/web/static/page/docs/details.js";
import {
  count,
  liveGroups,
  matching,
  restGroups,
} from "../../service/web/static/page/docs/entries.js";

const REST = {
  tags: [{ name: "Tasks" }, { name: "Empty" }],
  paths: {
    "/v1/tasks/{id}": {
      parameters: [
        { name: "id", in: "path", required: true, schema: { type: "string", examples: ["a b"] } },
      ],
      get: {
        operationId: "show",
        tags: ["Tasks"],
        summary: "Show it.",
        responses: { 200: { description: "It." } },
      },
      post: {
        operationId: "settle",
        tags: ["Tasks"],
        parameters: [{ $ref: "#/components/parameters/Key" }],
        requestBody: {
          content: {
            "application/json": {
              schema: { properties: { output: { description: "Number for number." } } },
              example: { output: "it's" },
            },
          },
        },
        responses: {
          200: {
            description: "Settled.",
            content: {
              "application/json": { schema: { properties: { replayed: { type: "boolean" } } } },
            },
          },
        },
      },
    },
    "/healthz": { get: { responses: {} } },
  },
  components: {
    parameters: { Key: { name: "Idempotency-Key", in: "header", required: true, example: "k1" } },
  },
};
const LIVE = {
  servers: {
    gateway: {
      host: "{api}.example",
      protocol: "wss",
      pathname: "/{stage}",
      description: "There.",
    },
  },
  channels: {
    many: {
      address: "/v1/ws",
      title: "Many.",
      bindings: { ws: { query: { properties: { ticket: { type: "string" } } } } },
      messages: {},
    },
    gateway: {
      address: null,
      title: "Elsewhere.",
      servers: [{ $ref: "#/servers/gateway" }],
      messages: {},
    },
  },
  operations: {
    one: {
      action: "send",
      channel: { $ref: "#/channels/many" },
      messages: [{ $ref: "#/components/messages/Update" }],
    },
    two: {
      action: "send",
      channel: { $ref: "#/channels/gateway" },
      messages: [{ $ref: "#/components/messages/Update" }],
    },
    three: {
      action: "receive",
      channel: { $ref: "#/channels/many" },
      messages: [{ $ref: "#/components/messages/Ping" }],
    },
  },
  components: {
    messages: {
      Update: {
        name: "server_Update",
        summary: "What changed.",
        payload: {
          anyOf: [
            { properties: { type: { const: "update" }, cursor: {} } },
            { properties: { type: { const: "update" } } },
          ],
        },
      },
      Ping: {
        name: "client_Ping",
        summary: "Ping",
        payload: { properties: { type: { const: "ping" } } },
      },
    },
  },
  "x-close-codes": { 4001: "No pong. Come back." },
};

test("operations stand under their tags, in the tags' order", () => {
  const groups = restGroups(REST);
  assert.deepEqual(
    groups.map(({ title, entries }) => [title, entries.map(({ id }) => id)]),
    [
      ["Tasks", ["show", "settle"]],
      ["Other", ["get-healthz"]],
    ],
  );
});

test("a message that several sockets carry is listed once, under who sends it", () => {
  const groups = liveGroups(LIVE);
  assert.deepEqual(
    groups.map(({ title, entries }) => [title, entries.map(({ name }) => name)]),
    [
      ["Sockets", ["/v1/ws", "wss://{api}.example/{stage}"]],
      ["From the service", ["update"]],
      ["From the client", ["ping"]],
      ["Close codes", ["4001"]],
    ],
  );
  assert.deepEqual(
    groups[1].entries.map(({ summary }) => summary),
    ["What changed."],
  );
  assert.deepEqual(
    groups[2].entries.map(({ summary }) => summary),
    [""],
  );
});

test("an entry is found by every word of it, down to the members of its schemas", () => {
  const groups = [...restGroups(REST), ...liveGroups(LIVE)];
  const found = (query) =>
    matching(groups, query).flatMap(({ entries }) => entries.map(({ id }) => id));
  assert.equal(count(groups), found(" ").length);
  assert.deepEqual(found("REPLAYED"), ["settle"]);
  assert.deepEqual(found("number post"), ["settle"]);
  assert.deepEqual(found("idempotency"), ["settle"]);
  assert.deepEqual(found("ticket"), ["channel-many"]);
  assert.deepEqual(found("cursor"), ["send-server-update"]);
  assert.deepEqual(found("pong"), ["close-4001"]);
  assert.deepEqual(found("nothing of that"), []);
});

test("a command line that a shell takes", () => {
  const [show, settle] = restGroups(REST)[0].entries;
  assert.equal(curl(REST, show), "curl 'http://localhost/v1/tasks/a%20b'");
  assert.equal(
    curl(REST, settle),
    [
      "curl -X POST 'http://localhost/v1/tasks/a%20b'",
      "-H 'Idempotency-Key: k1'",
      "-H 'Content-Type: application/json'",
      `-d '{"output":"it'\\''s"}'`,
    ].join(" \\\n  "),
  );
});
