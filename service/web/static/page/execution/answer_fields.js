// What was typed into a form of an output, as values. Numbers stay as they were typed.

import { rawJson } from "../../client/index.js";

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The values by name; what may be left out and is empty is left out. Raises what `Problem` shows,
 * with an error for each field that can't be used.
 */
export function readFields(fields, typed) {
  const values = {};
  const errors = [];
  for (const field of fields) {
    const text = typed[field.name] ?? "";
    if (text.trim() === "") {
      if (field.required) errors.push({ path: field.title, message: "is needed" });
    } else if (field.kind === "number" || field.kind === "integer") {
      const number = text.trim();
      if (NUMBER.test(number)) values[field.name] = rawJson(number);
      else errors.push({ path: field.title, message: "must be a number" });
    } else {
      values[field.name] = field.kind === "choice" ? rawJson(text) : text;
    }
  }
  if (errors.length) {
    const title = "Some fields can't be used as they are.";
    throw Object.assign(new Error(""), { title, errors });
  }
  return values;
}
