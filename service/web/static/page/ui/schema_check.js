// What a form can tell by itself of a value that its schema refuses, in words. It is never stricter
// than the service, which holds the value against the whole schema.

import { BrokenJson, ExactNumber, write } from "./exact_json.js";
import { fieldOf, isObject, itemOf, memberOf, propertiesOf, typeOf, typesOf } from "./schema.js";

const MOST = 20;

/** Where a member stands, as the service's errors have it: `input.parcels[0].id`. */
export function step(path, key) {
  return typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`;
}

/** `[{path, message}]`, at most twenty; `path` is what paths start at. */
export function check(value, schema, path, root = schema) {
  const errors = [];
  visit(value, schema, root, path, errors);
  return errors.slice(0, MOST);
}

function visit(value, schema, root, path, errors) {
  const say = (message) => errors.push({ path, message });
  if (schema === false) return say("is not allowed here");
  if (value instanceof BrokenJson) return say("is not JSON yet");
  const field = fieldOf(schema, root);
  if (value === null && field.nullable) return undefined;
  const { kind, schema: own } = field;
  if (kind === "choice") return choice(value, field.options, say);
  if (kind === "constant") return same(value, own.const) || say(`must be ${write(own.const)}`);
  if (kind === "variants" || kind === "json") return broken(value, path, errors);
  const types = own.type === undefined ? [typeOf(value)] : typesOf(own);
  if (!types.some((type) => typeFits(value, type))) return say(TYPES[types[0]] ?? "is not allowed");
  if (typeof value === "string") return text(value, own, say);
  if (typeof value === "number") return number(value, own, say);
  if (Array.isArray(value)) return list(value, own, root, path, errors);
  return isObject(value) ? object(value, own, root, path, errors) : undefined;
}

const TYPES = {
  string: "must be a text",
  number: "must be a number",
  integer: "must be a whole number",
  boolean: "must be yes or no",
  object: "must be an object",
  array: "must be a list",
  null: "must be null",
};

// 1.0 is a whole number (JSON Schema, 4.2.3); one too large for a double is the service's to judge.
function typeFits(value, type) {
  if (type !== "integer") return typeOf(value) === type;
  if (typeOf(value) !== "number") return false;
  return value instanceof ExactNumber || Number.isInteger(value);
}

function choice(value, options, say) {
  if (options.some((option) => same(option.value, value))) return;
  say(value === undefined ? "is needed" : "must be one of the choices");
}

/** Whether two values are the same JSON, apart from the order of keys. */
export function same(first, second) {
  if (first === undefined || second === undefined) return first === second;
  return canonical(first) === canonical(second);
}

function canonical(value) {
  if (typeOf(value) === "number") return decimal(write(value));
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (!isObject(value)) return write(value);
  const members = Object.entries(value).map(([key, part]) => `${write(key)}:${canonical(part)}`);
  return `{${members.sort()}}`;
}

// 1.0, 1 and 10e-1 are one number.
function decimal(text) {
  const [, sign, whole, part = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    text,
  );
  const digits = (whole + part).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (!significant) return "0";
  const places = part.length - digits.length + significant.length;
  return `${sign}${significant}e${BigInt(power) - BigInt(places)}`;
}

function broken(value, path, errors) {
  if (value instanceof BrokenJson) errors.push({ path, message: "is not JSON yet" });
  else if (Array.isArray(value)) value.forEach((part, at) => broken(part, step(path, at), errors));
  else if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) broken(part, step(path, key), errors);
  }
}

function text(value, { minLength, maxLength }, say) {
  const length = [...value].length;
  if (length < minLength) say(length ? `must have at least ${minLength} characters` : "is needed");
  if (length > maxLength) say(`must have at most ${maxLength} characters, not ${length}`);
}

function number(value, schema, say) {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const bounded = (bound, breaks, words) => {
    if (typeof bound === "number" && breaks(bound)) say(`must be ${words} ${bound}`);
  };
  bounded(minimum, (bound) => value < bound, "at least");
  bounded(maximum, (bound) => value > bound, "at most");
  bounded(above, (bound) => value <= bound, "more than");
  bounded(below, (bound) => value >= bound, "less than");
}

function list(value, schema, root, path, errors) {
  const { minItems, maxItems } = schema;
  const count = (number) => `${number} item${number === 1 ? "" : "s"}`;
  const say = (message) => errors.push({ path, message });
  if (value.length < minItems) say(`must have at least ${count(minItems)}`);
  if (value.length > maxItems) say(`must have at most ${count(maxItems)}, not ${value.length}`);
  value.forEach((part, at) => visit(part, itemOf(schema, at), root, step(path, at), errors));
}

function object(value, schema, root, path, errors) {
  const named = propertiesOf(schema);
  for (const { name, schema: part, required } of named) {
    if (Object.hasOwn(value, name)) visit(value[name], part, root, step(path, name), errors);
    else if (required) errors.push({ path: step(path, name), message: "is needed" });
  }
  const known = new Set(named.map(({ name }) => name));
  for (const [key, part] of Object.entries(value)) {
    if (!known.has(key)) visit(part, memberOf(schema, key), root, step(path, key), errors);
  }
}

/** The service's errors as a form has them: what an object lacks is said at what is missing. */
export function placed(errors) {
  return errors.map(({ path = "", message }) => {
    const lacks = /^lacks (.+)$/s.exec(message);
    return lacks ? { path: step(path, lacks[1]), message: "is needed" } : { path, message };
  });
}
