// JSON read so that every number stays as it was written.

import { ExactNumber } from "../../client/index.js";

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** JSON.parse, but that numbers which JavaScript would write otherwise come as ExactNumber. */
export function readExact(text) {
  const plain = JSON.parse(text);
  const mark = `@${Math.random()}:`;
  const marked = text.replace(TOKENS, (token) =>
    token[0] === '"' || String(Number(token)) === token ? token : `"${mark}${token}"`,
  );
  if (marked === text) return plain;
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(mark)
      ? new ExactNumber(value.slice(mark.length))
      : value,
  );
}
