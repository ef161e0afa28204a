// A JSON value as lines to be shown, and as text: numbers as they were written. No DOM in here.

const INLINE = 60;
const DEEP = 8;
const LONG = 600;

/** Whether this stands for a number as it was written (the client's ExactNumber). */
export function isExact(value) {
  return typeof value?.text === "string" && typeof value.toJSON === "function";
}

function isContainer(value) {
  return typeof value === "object" && value !== null && !isExact(value);
}

/** JSON text, indented by two; numbers as they were written. */
export function written(value, indent = 2) {
  return write(value, indent, "");
}

function write(value, indent, before) {
  if (isExact(value)) return value.text;
  if (!isContainer(value)) return JSON.stringify(value) ?? "";
  const list = Array.isArray(value);
  const [open, close] = list ? "[]" : "{}";
  const inside = before + " ".repeat(indent);
  const members = Object.entries(value).map(([key, it]) => {
    const name = list ? "" : `${JSON.stringify(key)}:${indent ? " " : ""}`;
    return name + write(it, indent, inside);
  });
  if (!members.length) return open + close;
  if (!indent) return open + members.join(",") + close;
  return `${open}\n${inside}${members.join(`,\n${inside}`)}\n${before}${close}`;
}

/**
 * The first `limit` lines of a value: `{lines, more}`. `toggled` has, by path, what the reader
 * opened (true) or folded (false); `whole` the paths of long texts to be shown to their end.
 *
 * A line is `{path, depth, key, tokens, comma, fold, cut}`: `fold` is "open", "folded" or null;
 * `cut` how many characters a text has that isn't shown to its end, else 0.
 */
export function linesOf(value, { toggled = new Map(), whole = new Set(), limit = Infinity } = {}) {
  const lines = [];
  let more = false;
  const full = () => lines.length >= limit && (more = true);
  const add = (line) => lines.push({ key: null, comma: false, fold: null, cut: 0, ...line });
  const visit = (it, { path, depth, key, comma }) => {
    if (full()) return;
    const shared = { path, depth, key, comma };
    const inline = inlineTokens(it, whole.has(path));
    if (inline) {
      add({ ...shared, ...inline });
      return;
    }
    const list = Array.isArray(it);
    const [open, close] = list ? "[]" : "{}";
    const members = Object.entries(it);
    if (!(toggled.get(path) ?? depth < DEEP)) {
      const noun = (list ? "item" : "member") + (members.length === 1 ? "" : "s");
      const count = { kind: "count", text: `${members.length} ${noun}` };
      const tokens = [mark(open), count, mark(close)];
      add({ ...shared, tokens, fold: "folded" });
      return;
    }
    add({ ...shared, comma: false, tokens: [mark(open)], fold: "open" });
    for (const [at, [name, member]] of members.entries()) {
      if (full()) return;
      visit(member, {
        path: `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
        depth: depth + 1,
        key: list ? null : name,
        comma: at < members.length - 1,
      });
    }
    if (!full()) add({ path: `>${path}`, depth, comma, tokens: [mark(close)] });
  };

  visit(value, { path: "", depth: 0, key: null, comma: false });
  return { lines, more };
}

function mark(text) {
  return { kind: "mark", text };
}

// What fits into one line: a plain value, or a small container of plain values.
function inlineTokens(value, showWhole) {
  if (!isContainer(value)) return leaf(value, showWhole);
  const list = Array.isArray(value);
  const members = Object.entries(value);
  const tokens = [mark(list ? "[" : "{")];
  let length = 2;
  for (const [at, [key, it]] of members.entries()) {
    if (isContainer(it)) return null;
    const token = leaf(it, true).tokens[0];
    length += token.text.length + (list ? 2 : key.length + 6);
    if (length > INLINE) return null;
    if (at) tokens.push(mark(", "));
    if (!list) tokens.push({ kind: "key", text: JSON.stringify(key) }, mark(": "));
    tokens.push(token);
  }
  return { tokens: [...tokens, mark(list ? "]" : "}")] };
}

function leaf(value, showWhole) {
  if (typeof value !== "string") {
    const number = isExact(value) || typeof value === "number";
    const text = isExact(value) ? value.text : String(value);
    return { tokens: [{ kind: number ? "number" : "literal", text }] };
  }
  const text = JSON.stringify(value);
  const cut = !showWhole && text.length > LONG ? value.length : 0;
  const shown = cut ? `${text.slice(0, LONG / 2)}…` : text;
  return { tokens: [{ kind: "string", text: shown }], cut };
}
