// What a state does and why one failed, in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { failingState } from "../../service/web/static/page/execution/failing_state.js";
import {
  readCause,
  stateDefinition,
  stateWords,
} from "../../service/web/static/page/execution/words.js";
import { walkedGraph } from "../../service/web/static/page/execution/walked.js";

const task = (Resource, Parameters) => stateWords({ Type: "Task", Resource, Parameters });

test("a task says which service does what", () => {
  const charge = "arn:aws:lambda:us-east-1:123456789012:function:charge-card";
  assert.equal(task(charge), "Lambda function charge-card");
  assert.equal(task(`${charge}:live`), "Lambda function charge-card:live");
  const invoke = "arn:aws:states:::lambda:invoke";
  assert.equal(task(invoke, { FunctionName: charge }), "Lambda function charge-card");
  assert.equal(task(invoke, { "FunctionName.$": "$.f" }), "Lambda invoke");
  assert.equal(
    task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
    "SQS send message, waits for an answer",
  );
  assert.equal(
    task("arn:aws:states:::states:startExecution.sync:2"),
    "Step Functions start execution, waits until it ends",
  );
  assert.equal(task("arn:aws:states:::aws-sdk:s3:getObject"), "S3 get object");
  assert.equal(task("arn:aws:states:eu-west-1:123456789012:activity:pack"), "Activity pack");
  const http = { Method: "POST", ApiEndpoint: "https://a.example" };
  assert.equal(task("arn:aws:states:::http:invoke", http), "HTTP POST https://a.example");
  assert.equal(task("{% $resource %}"), "{% $resource %}");
});

test("other states say what they are about", () => {
  assert.equal(stateWords({ Type: "Parallel", Branches: [{}, {}] }), "2 branches");
  assert.equal(stateWords({ Type: "Choice", Choices: [{}] }), "1 rule");
  assert.equal(stateWords({ Type: "Wait", Seconds: 30 }), "Waits 30 s");
  assert.equal(stateWords({ Type: "Wait", SecondsPath: "$.s" }), "Waits as $.s says");
  assert.equal(stateWords({ Type: "Pass" }), "");
  assert.equal(stateWords(null), "");
});

test("a function's cause is unwrapped, its stack kept beside", () => {
  const value = { errorMessage: "No.", errorType: "E", stackTrace: ["  File a\n", "  File b\n"] };
  assert.deepEqual(readCause(JSON.stringify(value)), {
    message: "No.",
    stack: "  File a\n  File b",
    more: value,
  });
  const nested = { ExecutionArn: "arn", Error: "Inner", Cause: JSON.stringify(value) };
  assert.equal(readCause(JSON.stringify(nested)).message, "Inner: No.");
});

test("a cause made of a name and another's cause is read as both", () => {
  const cause = `Full: ${JSON.stringify({ errorMessage: "No car.", stackTrace: ["File a"] })}`;
  assert.deepEqual(readCause(cause), { message: "Full: No car.", stack: "File a", more: cause });
  for (const plain of ['Odd: {"a": 1}', "Odd: {not JSON}", "{"])
    assert.deepEqual(readCause(plain), { message: plain, stack: null, more: null });
});

test("whatever else a cause is, nothing of it is lost", () => {
  assert.equal(readCause("plain words").message, "plain words");
  assert.equal(readCause("7").message, "7");
  assert.equal(readCause(null).message, "");
  assert.equal(readCause("1.10").message, "1.10");
  assert.deepEqual(readCause('{"a":1}'), { message: "", stack: null, more: { a: 1 } });
  assert.equal(readCause('{"n":12345678901234567890}').more.n.text, "12345678901234567890");
});

test("a state's definition is found wherever it stands", () => {
  const inner = { Type: "Pass", End: true };
  const machine = {
    States: {
      A: { Type: "Map", Iterator: { States: { B: { Type: "Parallel", Branches: [{ States: {} }, { States: { C: inner } }] } } } },
    },
  };
  assert.equal(stateDefinition(machine, "C"), inner);
  assert.equal(stateDefinition(machine, "constructor"), null);
});

const states = (...given) =>
  new Map(
    given.map(([state, status, error, last_changed_at = "1"]) => [
      state,
      { state, status, last_error: error ? { error } : null, last_changed_at },
    ]),
  );
const nodes = [
  { id: "Both", parent: null },
  { id: "Left", parent: "Both" },
  { id: "Each", parent: "Both" },
  { id: "Item", parent: "Each" },
  { id: "Before", parent: null },
];

test("the state that made an execution fail is the innermost of those that did", () => {
  const failed = { status: "FAILED", error: "E" };
  const both = states(
    ["Before", "CAUGHT", "E"],
    ["Both", "FAILED", "E", "9"],
    ["Left", "FAILED", "Other", "2"],
    ["Each", "FAILED", "E", "8"],
    ["Item", "FAILED", "E", "7"],
  );
  assert.equal(failingState(failed, both, nodes), "Item");
  assert.equal(failingState({ status: "RUNNING" }, both, nodes), null);
  assert.equal(failingState(failed, states(), nodes), null);
});

test("where items may fail, a failed one isn't what made the execution fail", () => {
  const found = states(["Both", "SUCCEEDED"], ["Item", "FAILED", "E"], ["Before", "TIMED_OUT"]);
  assert.equal(failingState({ status: "TIMED_OUT", error: null }, found, nodes), "Before");
});

test("where no definition tells what stands in what, what holds others isn't what failed", () => {
  const failed = states(["Both", "FAILED", "E"], ["Refuse", "FAILED", "E"], ["Slow", "FAILED", "E"]);
  failed.get("Both").type = "Parallel";
  assert.equal(failingState({ status: "FAILED", error: "E" }, failed, []), "Refuse");
});

test("the states that were entered are a graph by the ways that were taken", () => {
  const entered = (state, ...ways) => [state, { state, type: "Task", entered_from: ways }];
  const way = (state, caught = false) => ({ state, caught, count: 1 });
  const walked = walkedGraph(
    new Map([entered("A", way(null), way("A")), entered("B", way("A", true)), entered("C", way("gone"))]),
  );
  assert.deepEqual(
    walked.nodes.map(({ id, start }) => [id, start]),
    [["A", true], ["B", false], ["C", false]],
  );
  assert.deepEqual(walked.edges, [
    { source: "A", target: "A", kind: "next" },
    { source: "A", target: "B", kind: "catch" },
  ]);
});
