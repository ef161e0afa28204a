// JSON as people type it and read it: numbers stay as they were written.

import { ExactNumber, RawJson } from "../../client/index.js";
import { formatted } from "./json_text.js";

export { readExact } from "./read_exact.js";
export { ExactNumber };

/** What somebody typed that isn't JSON (yet); it is written as it stands. */
export class BrokenJson extends RawJson {
  toJSON() {
    return this.text;
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The number that a text writes; undefined where it writes none. */
export function numberOf(text) {
  if (!NUMBER.test(text)) return undefined;
  return String(Number(text)) === text ? Number(text) : new ExactNumber(text);
}

/** The value as JSON on one line, numbers as they were written. */
export function write(value) {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => write(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(",")}}`;
}

/** The value as JSON over several lines. */
export function pretty(value) {
  return formatted(write(value));
}
