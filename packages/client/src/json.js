// JSON that keeps numbers as they were written, where JavaScript's own would be rounded.

/** JSON text that is sent as it stands. */
export class RawJson {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }

  /** @returns {unknown} */
  toJSON() {
    return JSON.parse(this.text);
  }
}

/** A number as it was written. Arithmetic with it rounds, as with any other. */
export class ExactNumber extends RawJson {
  /** As it was written, where JavaScript can say that. */
  toJSON() {
    return /** @type {any} */ (JSON).rawJSON?.(this.text) ?? super.toJSON();
  }

  valueOf() {
    return Number(this.text);
  }
}

/**
 * An input or output, sent as it is written. Raises a SyntaxError where it isn't JSON.
 * @param {string} text
 */
export function rawJson(text) {
  JSON.parse(text);
  return new RawJson(text);
}

/** @param {unknown} value */
export function write(value) {
  const mark = `@${Math.random()}:`;
  /** @type {string[]} */
  const raw = [];
  const text = JSON.stringify(value, function (key, shown) {
    const given = this[key];
    return given instanceof RawJson ? mark + (raw.push(given.text) - 1) : shown;
  });
  return raw.length ? text.replace(RegExp(`"${mark}(\\d+)"`, "g"), (_, at) => raw[at]) : text;
}

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * JSON.parse, but that numbers which JavaScript would write otherwise come as ExactNumber.
 * @param {string} text
 */
export function readExact(text) {
  const mark = `@${Math.random()}:`;
  let found = false;
  const marked = text.replace(TOKENS, (token) => {
    if (token[0] === '"' || String(Number(token)) === token) return token;
    found = true;
    return `"${mark}${token}"`;
  });
  if (!found) return JSON.parse(text);
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(mark)
      ? new ExactNumber(value.slice(mark.length))
      : value,
  );
}
