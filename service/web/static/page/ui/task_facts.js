// What a waiting task is about, in a few short texts: pure.

import { ExactNumber } from "../../client/index.js";

const MOST_FACTS = 3;
const LONGEST = 60;

/**
 * The author's facts of a task, the first few, as short texts; without any, the first plain members of
 * what the task was given: `[{label, value}]`. What its title says already isn't said again.
 */
export function factsOf({ title, facts, parameters }) {
  const known = (facts ?? []).filter(({ missing: why }) => !why);
  const chosen = facts?.length ? known : given(parameters);
  return chosen
    .map(({ label, value }) => ({ label, value: shortened(textOf(value)) }))
    .filter(({ value }) => !title?.includes(value))
    .slice(0, MOST_FACTS);
}

const NO_FACT = /^arn:|\[redacted\]/; // what nobody is helped by
const INNER = ["MessageBody", "Payload", "Input", "Message", "Detail"];

function given(parameters) {
  if (!isObject(parameters)) return [];
  const inner = INNER.map((name) => parameters[name]).find(isObject) ?? parameters;
  return Object.entries(inner)
    .filter(([, value]) => isPlain(value) && !NO_FACT.test(value))
    .map(([label, value]) => ({ label, value }));
}

function isObject(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

// An exact number is an object of its own kind.
function isPlain(value) {
  return ["string", "number", "boolean"].includes(typeof value) || value instanceof ExactNumber;
}

function textOf(value) {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "–";
  return isPlain(value) ? String(value) : JSON.stringify(value);
}

function shortened(text) {
  const letters = [...text];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : text;
}
