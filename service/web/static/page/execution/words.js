// What a state does, and why one failed, in words. Pure: no DOM in here.

import { ExactNumber } from "../../client/index.js";
import { readExact } from "../ui/read_exact.js";

const SERVICES = {
  lambda: "Lambda",
  sqs: "SQS",
  sns: "SNS",
  dynamodb: "DynamoDB",
  states: "Step Functions",
  sfn: "Step Functions",
  ecs: "ECS",
  eks: "EKS",
  batch: "Batch",
  glue: "Glue",
  events: "EventBridge",
  http: "HTTP",
  apigateway: "API Gateway",
  athena: "Athena",
  bedrock: "Bedrock",
  sagemaker: "SageMaker",
  codebuild: "CodeBuild",
  s3: "S3",
};
const PATTERNS = {
  sync: "waits until it ends",
  "sync:2": "waits until it ends",
  waitForTaskToken: "waits for an answer",
};

/** `Lambda function charge-card`, `SQS send message, waits for an answer`, `2 branches`. */
export function stateWords(definition) {
  const words = { Task: taskWords, Choice: choiceWords, Wait: waitWords, Map: mapWords };
  const found = words[definition?.Type]?.(definition);
  if (found !== undefined) return found;
  if (definition?.Type === "Parallel") return counted(definition.Branches?.length ?? 0, "branch");
  if (definition?.Type === "Fail") return definition.Error ?? "";
  return "";
}

function taskWords({ Resource: resource, Parameters: parameters, Arguments: given }) {
  const asked = parameters ?? (typeof given === "object" ? given : null) ?? {};
  const [, , service, , , ...rest] = String(resource ?? "").split(":");
  if (service === "lambda") return `Lambda function ${functionName(resource)}`;
  if (service === "states" && rest[0] === "activity") return `Activity ${rest[1]}`;
  if (service !== "states" || rest.length === 0) return String(resource ?? "");
  return serviceWords(rest, asked);
}

function serviceWords(rest, asked) {
  const sdk = rest[0] === "aws-sdk";
  const [service, call = ""] = sdk ? rest.slice(1) : rest;
  const whole = [call, ...rest.slice(sdk ? 3 : 2)].join(":");
  const [action, pattern = ""] = splitOnce(whole, ".");
  const waits = PATTERNS[pattern] ? `, ${PATTERNS[pattern]}` : "";
  const target = asked.FunctionName;
  if (service === "lambda" && action === "invoke" && typeof target === "string") {
    return `Lambda function ${functionName(target)}${waits}`;
  }
  const name = SERVICES[service] ?? service;
  if (service === "http") return [name, asked.Method, asked.ApiEndpoint].filter(Boolean).join(" ");
  return `${name} ${spaced(action)}${waits}`;
}

function functionName(text) {
  const parts = text.split(":");
  return parts.length >= 7 ? parts.slice(6).join(":") : text;
}

function choiceWords({ Choices: rules = [] }) {
  return counted(rules.length, "rule");
}

function waitWords({ Seconds: seconds, Timestamp: at, SecondsPath: path, TimestampPath: until }) {
  if (typeof seconds === "number") return `Waits ${seconds} s`;
  if (at) return `Waits until ${at}`;
  return `Waits as ${seconds ?? path ?? until} says`;
}

function mapWords(definition) {
  const mode = (definition.ItemProcessor ?? definition.Iterator)?.ProcessorConfig?.Mode;
  const most = definition.MaxConcurrency;
  const atOnce = most > 0 ? `, ${most} at once` : "";
  return `${mode === "DISTRIBUTED" ? "Distributed, one execution an item" : "Inline"}${atOnce}`;
}

/** `3 visits`, `1 branch`, `0 branches`. */
export function counted(number, noun) {
  const many = /(ch|s)$/.test(noun) ? `${noun}es` : `${noun}s`;
  return `${number} ${number === 1 ? noun : many}`;
}

function spaced(camel) {
  return camel.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * What a cause says: `{message, stack, more}`. Lambda wraps what its function said in JSON with a
 * stack trace; a nested execution's cause is its description. `more` is JSON that says more than
 * the message, `stack` its trace as one text; each null where there is none.
 */
export function readCause(cause) {
  let value;
  try {
    value = readExact(cause);
  } catch {
    return readFormatted(cause) ?? { message: cause ?? "", stack: null, more: null };
  }
  if (typeof value === "string") return { message: value, stack: null, more: null };
  if (value === null || typeof value !== "object" || value instanceof ExactNumber) {
    return { message: String(cause ?? ""), stack: null, more: null };
  }
  if (typeof value.errorMessage === "string") {
    return { message: value.errorMessage, stack: stackOf(value), more: value };
  }
  if (value.ExecutionArn && (value.Error || value.Cause)) {
    const inner = readCause(value.Cause);
    const message = [value.Error, inner.message].filter(Boolean).join(": ");
    return { message, stack: inner.stack, more: value };
  }
  const message = [value.Message, value.message, value.StoppedReason].find(
    (text) => typeof text === "string",
  );
  return { message: message ?? "", stack: null, more: value };
}

// A Fail state's cause that was made of an error and the JSON of its cause: `Name: {…}`.
function readFormatted(cause) {
  const [, name, json] = /^([^{]+): (\{.*\})$/s.exec(cause) ?? [];
  const inner = json && readCause(json);
  if (!inner?.message || inner.more === null) return null;
  return { message: `${name}: ${inner.message}`, stack: inner.stack, more: cause };
}

function stackOf({ stackTrace, trace }) {
  const lines = [stackTrace, trace].find((found) => Array.isArray(found) && found.length);
  return lines ? lines.map((line) => String(line).replace(/\n$/, "")).join("\n") : null;
}

/** A state's definition by its name, wherever it stands; null where there is none. */
export function stateDefinition(machine, name) {
  const scopes = [machine];
  while (scopes.length) {
    const states = scopes.pop()?.States ?? {};
    if (Object.hasOwn(states, name)) return states[name];
    for (const state of Object.values(states)) {
      scopes.push(...(state.Branches ?? []), state.ItemProcessor, state.Iterator);
    }
  }
  return null;
}
