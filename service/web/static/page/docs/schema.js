// JSON Schemas in words: what a reference leads to, a type's name, limits and members, a sample.

const DEEPEST = 6;
const LIMITS = {
  format: "",
  minLength: "min length",
  maxLength: "max length",
  minimum: "≥",
  exclusiveMinimum: ">",
  maximum: "≤",
  exclusiveMaximum: "<",
  minItems: "min items",
  maxItems: "max items",
  pattern: "pattern",
  default: "default",
};

/** Follow `$ref`s within the document. What can't be found, or turns in a circle, is `{}`. */
export function resolve(root, node) {
  let found = node;
  for (let hops = 0; found?.$ref; hops += 1) {
    if (hops > 20 || !found.$ref.startsWith("#/")) return {};
    const keys = found.$ref
      .slice(2)
      .split("/")
      .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"));
    found = keys.reduce((place, key) => place?.[key], root) ?? {};
  }
  return found ?? {};
}

/** `string`, `integer or null`, `array of TaskDocument`, `"update"`. */
export function typeName(root, schema) {
  const name = schema?.$ref?.split("/").at(-1);
  const found = resolve(root, schema);
  if (name && membersOf(found).length) return name;
  if (found.const !== undefined) return JSON.stringify(found.const);
  const branches = branchesOf(found);
  if (branches.length) {
    return [...new Set(branches.map((part) => typeName(root, part)))].join(" or ");
  }
  const types = [found.type ?? []].flat();
  if (types.includes("array")) return `array of ${typeName(root, found.items)}`;
  if (types.length) return types.join(" or ");
  return found.properties ? "object" : "any";
}

/** What a value may be besides its type: `≥ 1`, `max length 80`, `default 0`. */
export function limits(root, schema) {
  const { $ref, ...beside } = schema ?? {};
  const found = { ...onlyBranch(root, resolve(root, schema)), ...beside };
  return Object.entries(LIMITS)
    .filter(([key]) => found[key] !== undefined && found[key] !== null)
    .map(([key, word]) => `${word} ${text(found[key], key)}`.trim());
}

/** The values that it is one of, as JSON. */
export function choices(root, schema) {
  const found = onlyBranch(root, resolve(root, schema));
  return (found.enum ?? []).map((value) => JSON.stringify(value));
}

/**
 * What is inside: `{members: [{name, schema, required}], parts: [{word, schema}]}`, through arrays
 * and what may be null.
 */
export function inside(root, schema, depth = 0) {
  const found = resolve(root, schema);
  if (depth > DEEPEST) return { members: [], parts: [] };
  const required = new Set(found.required ?? []);
  const members = membersOf(found).map(([name, each]) => ({
    name,
    schema: each,
    required: required.has(name),
  }));
  const parts = [];
  const branches = branchesOf(found).filter((part) => resolve(root, part).type !== "null");
  if (branches.length === 1) return merged(members, inside(root, branches[0], depth + 1));
  for (const part of branches) parts.push({ word: "either", schema: part });
  if (found.items) return merged(members, inside(root, found.items, depth + 1));
  if (found.additionalProperties && typeof found.additionalProperties === "object") {
    const each = found.additionalProperties;
    if (Object.keys(each).length)
      members.push({ name: "any other name", schema: each, open: true });
  }
  const opens = parts.some((part) => hasInside(root, part.schema, depth + 1));
  return { members, parts: opens ? parts : [] };
}

export function hasInside(root, schema, depth = 0) {
  const { members, parts } = inside(root, schema, depth);
  return members.length > 0 || parts.length > 0;
}

/** A value that has the schema's shape, from its examples where there are any. */
export function sample(root, schema, depth = 0) {
  const found = resolve(root, schema);
  if (depth > DEEPEST) return {};
  const given = [found.examples?.[0], found.example, found.default, found.const, found.enum?.[0]];
  const value = given.find((each) => each !== undefined);
  if (value !== undefined) return value;
  const branches = branchesOf(found);
  if (branches.length) return sample(root, branches[0], depth + 1);
  return ofType(root, found, depth);
}

/** All names and descriptions in it, to be searched. */
export function wordsOf(root, schema, depth = 0) {
  if (!schema || depth > 4) return [];
  const { members, parts } = inside(root, schema);
  const here = [resolve(root, schema).description ?? ""];
  for (const { name, schema: each } of members) {
    here.push(name, each.description ?? "", ...wordsOf(root, each, depth + 1));
  }
  return here.concat(...parts.map((part) => wordsOf(root, part.schema, depth + 1)));
}

function merged(members, inner) {
  return { members: [...members, ...inner.members], parts: inner.parts };
}

// Branches that only say which members are needed are no types of their own.
function branchesOf(found) {
  const all = [...(found.anyOf ?? []), ...(found.oneOf ?? []), ...(found.allOf ?? [])];
  return all.filter((part) => Object.keys(part).some((key) => key !== "required" && key !== "not"));
}

function onlyBranch(root, found) {
  const branches = branchesOf(found).filter((part) => resolve(root, part).type !== "null");
  if (branches.length !== 1) return found;
  const { anyOf, oneOf, allOf, ...rest } = found;
  return { ...resolve(root, branches[0]), ...rest };
}

function membersOf(found) {
  return Object.entries(found.properties ?? {});
}

function text(value, key) {
  return typeof value === "string" && key !== "default" ? value : JSON.stringify(value);
}

function ofType(root, found, depth) {
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
      return [sample(root, found.items, depth + 1)];
    default:
      return ofMembers(root, found, depth);
  }
}

function ofMembers(root, found, depth) {
  const required = new Set(found.required ?? []);
  const wanted = membersOf(found).filter(([name]) => depth === 0 || required.has(name));
  return Object.fromEntries(wanted.map(([name, each]) => [name, sample(root, each, depth + 1)]));
}
