// JSON Schemas as forms show them: what kind of field each part is, its words, its first value.

import { ExactNumber, numberOf } from "./exact_json.js";
import { labelOf } from "./schema_words.js";

const DEEPEST = 8;
const MOST_BOXES = 12;
const LONG = 200;
const HINTS = {
  string: ["minLength", "maxLength", "pattern", "format", "contentEncoding"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"],
  object: ["properties", "required", "additionalProperties", "patternProperties"],
};
// What a field can't show: the service holds the value against it.
const UNSHOWN = ["if", "not", "dependentRequired", "dependentSchemas", "dependencies", "contains"];
UNSHOWN.push("propertyNames", "unevaluatedProperties", "unevaluatedItems", "minProperties");

/** Whether it is an object of JSON: no list, no null, no number as it was written. */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !value.toJSON;
}

/** The types a schema allows; those its keywords speak of where it names none; [] for any. */
export function typesOf(schema) {
  if (schema.type !== undefined) return [schema.type].flat().map(String);
  if ("const" in schema) return [typeOf(schema.const)];
  if (Array.isArray(schema.enum)) return [...new Set(schema.enum.map(typeOf))];
  return Object.keys(HINTS).filter((type) => HINTS[type].some((keyword) => keyword in schema));
}

/** JSON's name for a value's type; `integer` is a number here. */
export function typeOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return value instanceof ExactNumber ? "number" : typeof value;
}

/** A schema with its references followed and its allOf drawn together; null: it can't be found. */
export function resolved(schema, root, depth = 0) {
  if (schema === undefined || schema === true) return {};
  if (!isObject(schema) || depth > 20) return null;
  const { $ref, $dynamicRef, allOf, ...own } = schema;
  if ($dynamicRef !== undefined) return null;
  const parts = [own];
  for (const part of [...($ref === undefined ? [] : [pointed(root, $ref)]), ...(allOf ?? [])]) {
    const found = resolved(part, root, depth + 1);
    if (found === null) return null;
    parts.push(found);
  }
  return parts.reduce(merged);
}

function pointed(root, ref) {
  if (ref !== "#" && !String(ref).startsWith("#/")) return null;
  const steps = decodeURIComponent(ref.slice(2))
    .split("/")
    .slice(ref === "#" ? 1 : 0);
  const names = steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce((part, name) => (Object.hasOwn(part ?? {}, name) ? part[name] : null), root);
}

// The first one's words come first; what both restrict, both restrict.
function merged(first, second) {
  const both = { ...second, ...first };
  if (first.properties && second.properties) {
    both.properties = { ...second.properties };
    for (const [name, part] of Object.entries(first.properties)) {
      const other = second.properties[name];
      both.properties[name] = isObject(other) && isObject(part) ? { allOf: [part, other] } : part;
    }
  }
  if (first.required && second.required) {
    both.required = [...new Set([...first.required, ...second.required])];
  }
  return both;
}

/**
 * How a form asks for such a value: `{kind, schema, nullable, note}`, with `options` of a choice,
 * `variants` where there are several ways. Kinds: text, long, number, boolean, choice, choices,
 * constant, nothing, object, list, variants, json. `note` says what the form leaves to JSON.
 */
export function fieldOf(given, root) {
  const schema = resolved(given, root);
  if (schema === null) {
    const note = given === false ? "Nothing is allowed here." : "Its schema refers elsewhere.";
    return { kind: "json", schema: {}, nullable: false, note: `${note} Written as JSON.` };
  }
  const { schema: rest, nullable } = withoutNull(schema, root);
  const note = UNSHOWN.some((keyword) => keyword in rest)
    ? "More rules hold here than a form can show; they are checked when it is sent."
    : "";
  return { nullable, note, ...kindOf(rest, root) };
}

function kindOf(schema, root) {
  const types = typesOf(schema);
  if ("const" in schema) return { kind: "constant", schema };
  const variants = variantsOf(schema, root);
  const options = schema.enum?.map(optionOf) ?? constants(variants, root);
  if (options) return { kind: "choice", schema, options };
  if (variants) return { kind: "variants", schema, variants };
  if (types.length === 0) return { kind: "json", schema };
  const [type] = types;
  if (type === "string") return { kind: schema.maxLength > LONG ? "long" : "text", schema };
  if (type === "number" || type === "integer") return { kind: "number", schema };
  if (type === "boolean") return { kind: "boolean", schema };
  if (type === "null") return { kind: "nothing", schema };
  return type === "array" ? listOf(schema, root) : objectOf(schema);
}

function objectOf(schema) {
  const open = isObject(schema.additionalProperties) || isObject(schema.patternProperties);
  const named = Object.keys(schema.properties ?? {}).length + (schema.required?.length ?? 0);
  return { kind: named || open ? "object" : "json", schema };
}

function listOf(schema, root) {
  if (schema.items === undefined && !schema.prefixItems) return { kind: "json", schema };
  const each = schema.prefixItems ? null : resolved(schema.items, root);
  const options = schema.uniqueItems && each?.enum?.length <= MOST_BOXES && each.enum.map(optionOf);
  return options ? { kind: "choices", schema, options } : { kind: "list", schema };
}

function optionOf(value) {
  return { value, label: labelOf(value) };
}

// [{const: "a", title: "The first"}, …] is a choice by its titles.
function constants(variants, root) {
  const found = variants?.map((variant) => resolved(variant, root));
  if (!found?.every((variant) => variant && "const" in variant)) return undefined;
  return found.map(({ const: value, title }) => ({ value, label: title ?? labelOf(value) }));
}

function variantsOf(schema, root) {
  const ways = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(ways) && ways.length > 0) {
    const { oneOf, anyOf, title, description, default: first, ...base } = schema;
    const others = oneOf && anyOf ? { anyOf } : {};
    return ways.map((way) => {
      const found = resolved(way, root);
      return found === null ? way : merged(found, { ...base, ...others });
    });
  }
  const types = typesOf(schema);
  if (types.length < 2) return undefined;
  const { title, description, default: first, ...base } = schema;
  return types.map((type) => ({ ...base, type }));
}

function withoutNull(schema, root) {
  const types = typesOf(schema);
  if (Array.isArray(schema.type) && types.includes("null") && types.length > 1) {
    const left = types.filter((type) => type !== "null");
    const values = schema.enum && { enum: schema.enum.filter((value) => value !== null) };
    return {
      schema: { ...schema, type: left.length > 1 ? left : left[0], ...values },
      nullable: true,
    };
  }
  for (const keyword of ["oneOf", "anyOf"]) {
    const ways = schema[keyword];
    if (!Array.isArray(ways)) continue;
    const left = ways.filter((way) => resolved(way, root)?.type !== "null");
    if (left.length === ways.length || left.length === 0) continue;
    const { [keyword]: all, ...base } = schema;
    const only = left.length === 1 ? resolved(left[0], root) : { [keyword]: left };
    return { schema: merged(base, only ?? { [keyword]: left }), nullable: true };
  }
  return { schema, nullable: false };
}

/** The value a form begins with: what is required, constants and defaults; undefined: none yet. */
export function blank(given, root, depth = 0) {
  const schema = resolved(given, root);
  if (schema === null || depth > DEEPEST) return undefined;
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  const { kind, schema: own, variants } = fieldOf(schema, root);
  if (kind === "variants") return blank(variants[0], root, depth + 1);
  if (kind === "nothing") return null;
  if (kind === "list" || kind === "choices") {
    const least = kind === "list" ? Math.min(own.minItems ?? 0, 5) : 0;
    return Array.from(
      { length: least },
      (_, at) => blank(itemOf(own, at), root, depth + 1) ?? null,
    );
  }
  if (kind !== "object") return typesOf(schema)[0] === "object" ? {} : undefined;
  const members = propertiesOf(own, root).map(({ name, schema: part, required }) => {
    const wanted = required || "default" in (resolved(part, root) ?? {});
    return [name, wanted ? blank(part, root, depth + 1) : undefined];
  });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** The named members of an object: `{name, schema, required}`. */
export function propertiesOf(schema) {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const named = Object.entries(schema.properties ?? {});
  const others = [...required].filter((name) => !Object.hasOwn(schema.properties ?? {}, name));
  return [...named, ...others.map((name) => [name, {}])].map(([name, part]) => ({
    name,
    schema: part,
    required: required.has(name),
  }));
}

/** The schema of a member that has no name in the schema; false where there may be none. */
export function memberOf(schema, name) {
  for (const [pattern, part] of Object.entries(schema.patternProperties ?? {})) {
    if (matches(pattern, name)) return part;
  }
  return schema.additionalProperties ?? {};
}

/** Whether a form offers to add members that have no name in the schema. */
export function takesMore(schema) {
  const { additionalProperties: more, patternProperties: by } = schema;
  return more !== false ? more !== undefined || Boolean(by) || "if" in schema : Boolean(by);
}

/** The schema of a list's item; false where there may be none. */
export function itemOf(schema, at) {
  return schema.prefixItems?.[at] ?? schema.items ?? {};
}

/** Whether a pattern is found in the text; null where this browser can't read the pattern. */
function matches(pattern, text) {
  try {
    return RegExp(pattern, "u").test(text);
  } catch {
    return null;
  }
}

/** What was typed into a number's field: the number, as it was written; else the text itself. */
export function typedNumber(text) {
  return numberOf(text.trim()) ?? text;
}
