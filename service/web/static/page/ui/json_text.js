// JSON as the text it is: its tokens, its lines, what is wrong with it. Nothing is read into
// values, so numbers, the order of keys and keys that come twice stay as they are.

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/;
const TOKEN = RegExp(`\\s+|${STRING.source}|${NUMBER.source}|true|false|null|[{}[\\],:]`, "y");
const INLINE = 72;

/** `[{kind, text, at}]`: `mark`, `string`, `number`, `literal`, `space`, and `odd` for no token. */
export function tokensOf(text) {
  const tokens = [];
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text)?.[0] ?? "";
    if (!found) {
      tokens.push({ kind: "odd", text: text.slice(at), at });
      break;
    }
    tokens.push({ kind: kindOf(found[0]), text: found, at });
    at += found.length;
  }
  return tokens;
}

function kindOf(first) {
  if (first === '"') return "string";
  if ("{}[],:".includes(first)) return "mark";
  if ("tfn".includes(first)) return "literal";
  return /\s/.test(first) ? "space" : "number";
}

/**
 * What keeps a text from being JSON: `{line, column, message}`, from 1 on; null where it is JSON.
 */
export function faultOf(text) {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const { at, message } = search(tokensOf(text)) ?? {
      at: text.length,
      message: "it can't be read",
    };
    const before = text.slice(0, at).split("\n");
    return { line: before.length, column: before.at(-1).length + 1, message };
  }
}

const EXPECTED = {
  value: "a value is missing",
  first: "a value or ] is missing",
  key: "a name in double quotes is missing",
  firstKey: "a name in double quotes or } is missing",
  colon: "a : is missing",
  end: "a comma or the end is missing",
  nothing: "there is more behind the end",
};

// Goes through the tokens as the grammar does, up to the first one that doesn't fit.
function search(tokens) {
  const open = [];
  let expected = "value";
  const last = tokens.at(-1);
  for (const { kind, text, at } of tokens) {
    if (kind === "space") continue;
    const next = kind === "odd" ? null : after(expected, kind, text, open);
    if (next === null) return { at, message: messageFor(kind, text, expected, open) };
    expected = next;
  }
  return { at: last ? last.at + last.text.length : 0, message: EXPECTED[expected] };
}

function messageFor(kind, text, expected, open) {
  if (text[0] === '"' && kind === "odd") return "a text has no end, or a character that needs a \\";
  if (text[0] === "'") return "texts stand in double quotes";
  const trailing = { "}": "key", "]": "value" }[text] === expected && open.at(-1) === text;
  return trailing ? "the comma before it is too much" : EXPECTED[expected];
}

// What may come behind this token; null where the token itself may not come.
function after(expected, kind, text, open) {
  const value = expected === "value" || expected === "first";
  const closes = { "}": "firstKey", "]": "first" }[text];
  if (closes && (expected === closes || (expected === "end" && open.at(-1) === text))) {
    open.pop();
    return open.length ? "end" : "nothing";
  }
  if (value && (text === "{" || text === "[")) {
    open.push(text === "{" ? "}" : "]");
    return text === "{" ? "firstKey" : "first";
  }
  if (expected === "key" || expected === "firstKey") return kind === "string" ? "colon" : null;
  if (expected === "colon") return text === ":" ? "value" : null;
  if (expected === "end") return text === "," ? (open.at(-1) === "}" ? "key" : "value") : null;
  return value && kind !== "mark" ? (open.length ? "end" : "nothing") : null;
}

/** The same JSON over several lines, indented by two; short lists of plain values on one. */
export function formatted(text) {
  const tokens = tokensOf(text).filter(({ kind }) => kind !== "space");
  const lines = [];
  let [line, depth] = ["", 0];
  const wrap = () => {
    lines.push(line);
    line = "  ".repeat(depth);
  };
  for (let at = 0; at < tokens.length; at += 1) {
    const { text: token } = tokens[at];
    const end = inlineEnd(tokens, at);
    if (end > at) {
      line += tokens
        .slice(at, end + 1)
        .map((one) => (one.text === "," ? ", " : one.text))
        .join("");
      at = end;
    } else if (token === "{" || token === "[") {
      line += token;
      depth += 1;
      wrap();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      wrap();
      line += token;
    } else if (token === ",") {
      line += token;
      wrap();
    } else line += token === ":" ? ": " : token;
  }
  return [...lines, line].join("\n");
}

// Where a list of plain values that fits on a line ends, or an empty object; else -1.
function inlineEnd(tokens, at) {
  const close = { "{": "}", "[": "]" }[tokens[at].text];
  if (!close) return -1;
  let length = 0;
  for (let end = at + 1; end < tokens.length && length < INLINE; end += 1) {
    const { text } = tokens[end];
    if (text === close) return end;
    if (close === "}" || text === "{" || text === "[") return -1;
    length += text.length + 1;
  }
  return -1;
}
