// JSON Schemas for people: references resolved, properties nested, and a sample value.

import { el } from "./dom.js";

const DEEPEST = 6;

/** Follow `$ref`s within the document. What can't be found, or turns in a circle, is `{}`. */
export function resolve(document_, node) {
  let found = node;
  for (let hops = 0; found?.$ref; hops += 1) {
    if (hops > 20 || !found.$ref.startsWith("#/")) return {};
    const keys = found.$ref
      .slice(2)
      .split("/")
      .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"));
    found = keys.reduce((place, key) => place?.[key], document_) ?? {};
  }
  return found;
}

/** A schema as a nested list; a schema met within itself is named and not opened again. */
export function schemaView(document_, schema, above = []) {
  const found = resolve(document_, schema);
  const facts = [typeName(document_, schema), ...limits(found)].filter(Boolean).join(", ");
  const line = el("span", { class: "quiet" }, facts);
  if (above.includes(found) || above.length >= DEEPEST) return line;
  const inner = children(document_, found, [...above, found]);
  const prose =
    found.description && above.length === 0
      ? el("p", { class: "prose quiet" }, found.description)
      : null;
  return el("div", {}, line, prose, inner.length ? el("ul", { class: "schema" }, inner) : null);
}

/** A value that has the schema's shape, from its examples where there are any. */
export function sample(document_, schema, depth = 0) {
  const found = resolve(document_, schema);
  if (found === undefined || found === true || depth > DEEPEST) return {};
  for (const value of [
    found.examples?.[0],
    found.example,
    found.default,
    found.const,
    found.enum?.[0],
  ]) {
    if (value !== undefined) return value;
  }
  const branch = found.allOf ?? found.oneOf ?? found.anyOf;
  if (found.allOf)
    return Object.assign({}, ...found.allOf.map((part) => sample(document_, part, depth + 1)));
  if (branch) return sample(document_, branch[0], depth + 1);
  return ofType(document_, found, depth);
}

function ofType(document_, found, depth) {
  switch ([found.type].flat()[0]) {
    case "string":
      return found.format === "date-time" ? "2026-01-31T12:00:00.000Z" : "string";
    case "integer":
    case "number":
      return found.minimum ?? 0;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return [sample(document_, found.items, depth + 1)];
    default:
      return members(document_, found, depth);
  }
}

function members(document_, found, depth) {
  const required = new Set(found.required ?? []);
  const wanted = Object.entries(found.properties ?? {}).filter(
    ([name]) => depth === 0 || required.has(name),
  );
  return Object.fromEntries(
    wanted.map(([name, schema]) => [name, sample(document_, schema, depth + 1)]),
  );
}

function children(document_, found, above) {
  const required = new Set(found.required ?? []);
  const parts = Object.entries(found.properties ?? {}).map(([name, schema]) =>
    el(
      "li",
      {},
      el("code", {}, name),
      required.has(name) ? el("span", { class: "type" }, "required") : null,
      " ",
      schemaView(document_, schema, above),
      described(document_, schema),
    ),
  );
  if (found.items) parts.push(el("li", {}, "each ", schemaView(document_, found.items, above)));
  if (typeof found.additionalProperties === "object") {
    parts.push(
      el("li", {}, "any other name: ", schemaView(document_, found.additionalProperties, above)),
    );
  }
  for (const [key, word] of [
    ["allOf", "and"],
    ["oneOf", "one of"],
    ["anyOf", "any of"],
  ]) {
    const opened = (found[key] ?? []).filter((part) => resolve(document_, part).type !== "null");
    if (opened.length > 1 || key === "allOf")
      parts.push(
        ...opened.map((part) => el("li", {}, `${word} `, schemaView(document_, part, above))),
      );
    else
      parts.push(
        ...opened.flatMap((part) =>
          children(document_, resolve(document_, part), [...above, resolve(document_, part)]),
        ),
      );
  }
  return above.slice(0, -1).includes(found) ? [] : parts;
}

function described(document_, schema) {
  const text = schema.description ?? resolve(document_, schema).description;
  return text ? el("p", { class: "prose quiet" }, text) : null;
}

function typeName(document_, schema) {
  const found = resolve(document_, schema);
  const name = schema?.$ref?.split("/").at(-1);
  if (name) return name;
  const union = found.oneOf ?? found.anyOf;
  if (union) return [...new Set(union.map((part) => typeName(document_, part)))].join(" | ");
  if (found.type === "array") return `array of ${typeName(document_, found.items) || "anything"}`;
  return [found.type ?? (found.properties ? "object" : "anything")].flat().join(" | ");
}

function limits(found) {
  const words = {
    format: "",
    minLength: "min length",
    maxLength: "max length",
    minimum: "≥",
    maximum: "≤",
    pattern: "pattern",
    default: "default",
    const: "always",
  };
  const said = Object.entries(words)
    .filter(([key]) => found[key] !== undefined)
    .map(([key, word]) =>
      `${word} ${typeof found[key] === "string" ? found[key] : JSON.stringify(found[key])}`.trim(),
    );
  return found.enum
    ? [...said, `one of ${found.enum.map((value) => JSON.stringify(value)).join(", ")}`]
    : said;
}
