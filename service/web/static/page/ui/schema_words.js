// What a JSON Schema says, in words.

import { ExactNumber } from "./exact_json.js";

const ROOMY = 50; // a limit that hardly anybody meets is told when it is met

/** A plain value in a person's words. */
export function labelOf(value) {
  if (typeof value === "string") return value || "(empty)";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return value instanceof ExactNumber ? value.text : JSON.stringify(value);
}

/** `weight_kg` → `Weight kg`: a member's name where it has no title. */
export function titleOf(schema, name) {
  if (typeof schema?.title === "string" && schema.title) return schema.title;
  const words = String(name).replaceAll(/[_-]+/g, " ").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : `“${name}”`;
}

/** What a value must be, in words: `6 to 120`, `at most 64 characters`. */
export function rulesOf(schema) {
  const { type, minLength, maxLength, minItems, maxItems, pattern, format, multipleOf } = schema;
  const unit = [type].flat().includes("integer") ? "whole number" : "";
  const said = [
    unit && rangeOf(schema) ? `${unit}, ${rangeOf(schema)}` : unit || rangeOf(schema),
    multipleOf !== undefined && `a multiple of ${labelOf(multipleOf)}`,
    between(
      minLength > 1 ? minLength : undefined,
      maxLength < ROOMY ? maxLength : undefined,
      "character",
    ),
    between(minItems, maxItems, "item"),
    schema.uniqueItems && "each once",
    typeof format === "string" && (FORMATS[format] ?? format),
    pattern && `matching ${pattern}`,
  ];
  return said.filter(Boolean).join(", ");
}

const FORMATS = {
  "date-time": "a date and time such as 2030-01-31T09:30:00Z",
  date: "a date such as 2030-01-31",
  time: "a time such as 09:30:00Z",
  email: "an e-mail address",
  uri: "an address such as https://example.com/",
  uuid: "a UUID",
};

function rangeOf({ minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below }) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  const said = [
    minimum !== undefined && `at least ${minimum}`,
    above !== undefined && `more than ${above}`,
    maximum !== undefined && `at most ${maximum}`,
    below !== undefined && `less than ${below}`,
  ];
  return said.filter(Boolean).join(", ");
}

function between(least, most, unit) {
  if (least === undefined && most === undefined) return "";
  const many = `${unit}${(most ?? least) === 1 ? "" : "s"}`;
  if (least === most) return `${least} ${many}`;
  if (least === undefined) return `at most ${most} ${many}`;
  return most === undefined ? `at least ${least} ${many}` : `${least} to ${most} ${many}`;
}
