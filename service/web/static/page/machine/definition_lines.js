// A definition's text as lines to be shown: highlighted, with what can be folded, and where each
// state and each path stands. No DOM in here.

import { formatted, tokensOf } from "../ui/json_text.js";

const TARGETS = new Set(["Next", "Default", "StartAt"]);
const SCOPES = new Set(["ItemProcessor", "Iterator"]);

/**
 * `{text, lines, states, root}`. A line is a list of `{kind, text, state?}`: `key`, `string`,
 * `number`, `literal`, `mark`, `space`, `path`, `jsonata`, `name` (a state's own, or a way to one:
 * `state` says which). `states` has, by name, the first and the last line (from 0 on); `folds`, by
 * first line, the last one of what begins there. A text that stands on one line is laid out anew.
 */
export function linesOf(definition) {
  const text = definition.trim().includes("\n") ? definition.trimEnd() : formatted(definition);
  const reader = new Reader();
  for (const token of tokensOf(text)) reader.take(token);
  const { lines, states, folds, top } = reader;
  for (const token of reader.targets) if (states.has(token.state)) token.kind = "name";
  return { text, lines, states, folds, root: top.members.get("") };
}

class Reader {
  constructor() {
    this.lines = [[]];
    this.states = new Map();
    this.folds = new Map();
    this.targets = [];
    this.top = { members: new Map(), list: false, key: "" };
    this.open = [this.top];
  }

  take(token) {
    if (token.kind === "space") this.space(token.text);
    else if (token.kind === "string") this.string(token);
    else if (token.kind !== "mark") this.value(token);
    else this.mark(token);
  }

  add(kind, text, more) {
    const token = { kind, text, ...more };
    this.lines.at(-1).push(token);
    return token;
  }

  space(text) {
    for (const [at, part] of text.replaceAll("\r", "").split("\n").entries()) {
      if (at) this.lines.push([]);
      if (part) this.add("space", part.replaceAll("\t", "  "));
    }
  }

  get holder() {
    return this.open.at(-1);
  }

  string({ text }) {
    const { holder } = this;
    if (holder.members && holder.key === null) {
      holder.key = JSON.parse(text);
      const state = holder.holds === "states" ? holder.key : undefined;
      this.add(state === undefined ? "key" : "name", text, { state });
      holder.line = this.lines.length - 1;
      return;
    }
    this.value({ kind: stringKind(text, holder.key), text });
  }

  value({ kind, text }) {
    const key = this.holder.list ? null : this.holder.key;
    const token = this.add(kind, text);
    if (TARGETS.has(key) && kind === "string") {
      token.state = JSON.parse(text);
      this.targets.push(token);
    }
    this.place({ line: this.lines.length - 1 });
  }

  // Notes where a member or an item stands.
  place(node) {
    const { holder } = this;
    if (holder.list) holder.items.push(node);
    else holder.members.set(holder.key, { ...node, line: holder.line ?? node.line });
  }

  mark({ text }) {
    this.add("mark", text);
    if (text === "{" || text === "[") this.begin(text);
    else if (text === "}" || text === "]") this.end();
    else if (text === "," && !this.holder.list) this.holder.key = null;
  }

  begin(text) {
    const { holder } = this;
    const list = text === "[";
    const first = holder.list ? this.lines.length - 1 : (holder.line ?? this.lines.length - 1);
    const node = {
      first,
      list,
      holds: holds(holder, list),
      ...(list ? { items: [] } : { members: new Map() }),
    };
    this.open.push({ ...node, key: null, name: holder.key });
  }

  end() {
    if (this.open.length < 2) return;
    const { first, holds: kind, name, members, items } = this.open.pop();
    const last = this.lines.length - 1;
    if (last > first && !this.folds.has(first)) this.folds.set(first, last);
    if (kind === "state" && !this.states.has(name)) this.states.set(name, { first, last });
    this.place({ line: first, members, items });
  }
}

// What an object or a list is, by what it is in: a scope, its states, one of them, branches.
function holds({ holds: outer, key, list, name }, isList) {
  if (key === "" && outer === undefined && name === undefined) return "scope";
  if (outer === "states") return "state";
  if (outer === "branches" && list) return "scope";
  if (outer === "scope" && key === "States") return "states";
  if (outer !== "state") return "other";
  if (key === "Branches" && isList) return "branches";
  return SCOPES.has(key) ? "scope" : "other";
}

function stringKind(text, key) {
  if (text.startsWith('"{%')) return "jsonata";
  if (text.startsWith('"$') || (key?.endsWith?.(".$") && text.startsWith('"States.')))
    return "path";
  return "string";
}

/** The line of a path such as `States.Pay.Choices[0].Next`; names may hold dots. -1: nowhere. */
export function lineOf(root, path) {
  if (!root) return -1;
  if (!path) return root.line;
  const item = /^\[(\d+)\]\.?/.exec(path);
  if (item)
    return root.items?.[item[1]] ? lineOf(root.items[item[1]], path.slice(item[0].length)) : -1;
  for (const [name, node] of root.members ?? []) {
    if (!path.startsWith(name)) continue;
    const rest = path.slice(name.length);
    if (rest && rest[0] !== "." && rest[0] !== "[") continue;
    const line = lineOf(node, rest.replace(/^\./, ""));
    if (line >= 0) return line;
  }
  return -1;
}

/** The innermost state whose lines this one is among; null outside of all. */
export function stateAt(states, line) {
  let found = null;
  for (const [name, { first, last }] of states) {
    const inside = first <= line && line <= last;
    if (inside && (!found || first > states.get(found).first)) found = name;
  }
  return found;
}

/** The numbers of the lines that show, where some (by first line) are folded. */
export function shownLines({ lines, folds }, folded) {
  const shown = [];
  for (let line = 0; line < lines.length; line += 1) {
    shown.push(line);
    if (folded.has(line)) line = folds.get(line);
  }
  return shown;
}
