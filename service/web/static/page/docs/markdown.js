// A small Markdown: paragraphs, headings, lists, code, emphasis and links, as a tree of objects.
// What it doesn't know stays the text that it is; no markup of others is ever taken for markup.

const DEEPEST = 8;
const BLOCK = {
  fence: /^ {0,3}(`{3,}|~{3,})\s*([\w-]*)\s*$/,
  heading: /^ {0,3}(#{1,6})\s+(.+?)\s*#*$/,
  item: /^( {0,3})([-*+]|\d{1,9}[.)])\s+(.*)$/,
};
const INLINE = [
  ["code", /`([^`]+)`/],
  ["link", /\[([^\]]+)\]\(\s*<?([^\s)>]+)>?\s*\)/],
  ["strong", /\*\*(?=\S)([\s\S]+?\S)\*\*/],
  ["em", /(?<![\w*])[*_](?=\S)([^*_]*[^\s*_])[*_](?![\w*])/],
  ["url", /\bhttps?:\/\/[^\s<>()"']*[^\s<>()"'.,;:!?]/],
];
const SAFE = /^(?:https?:|mailto:|[./#?]|[\w-]+(?:[/?#.]|$))/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * The blocks of a text: `{type: "p", inline}`, `{type: "h", level, inline}`, `{type: "code",
 * text}` and `{type: "ul" | "ol", start, items: [blocks]}`.
 * @param {string} text
 */
export function blocks(text, depth = 0) {
  const lines = String(text).replaceAll("\r\n", "\n").split("\n");
  const found = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = blockAt(lines, at, depth);
    if (block) found.push(block);
    at = next;
  }
  return found;
}

/**
 * The pieces of one line of prose: texts, and `{type: "code" | "strong" | "em" | "a", …}`.
 * @param {string} text
 */
export function inline(text) {
  const pieces = [];
  let rest = text;
  for (let first = firstIn(rest); first; first = firstIn(rest)) {
    const { type, match } = first;
    add(pieces, rest.slice(0, match.index));
    add(pieces, piece(type, match));
    rest = rest.slice(match.index + match[0].length);
  }
  return add(pieces, rest);
}

function firstIn(text) {
  let first = null;
  for (const [type, pattern] of INLINE) {
    const match = pattern.exec(text);
    if (match && (first === null || match.index < first.match.index)) first = { type, match };
  }
  return first;
}

// Texts that follow each other are one.
function add(pieces, one) {
  if (typeof one === "string" && typeof pieces.at(-1) === "string") pieces.push(pieces.pop() + one);
  else if (one !== "") pieces.push(one);
  return pieces;
}

function piece(type, match) {
  if (type === "code") return { type, text: match[1].trim() || match[1] };
  if (type === "url") return { type: "a", href: match[0], inline: [match[0]] };
  if (type !== "link") return { type, inline: inline(match[1]) };
  return safe(match[2]) ? { type: "a", href: match[2], inline: inline(match[1]) } : match[0];
}

function safe(address) {
  return SAFE.test(address) && (!SCHEME.test(address) || /^(?:https?|mailto):/i.test(address));
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const fence = BLOCK.fence.exec(line);
  if (fence) return fenced(lines, at, fence[1]);
  const heading = BLOCK.heading.exec(line);
  if (heading) return [{ type: "h", level: heading[1].length, inline: inline(heading[2]) }, at + 1];
  if (depth < DEEPEST && BLOCK.item.test(line)) return list(lines, at, depth);
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !begins(lines[end])) end += 1;
  const prose = lines.slice(at, end).map((one) => one.trim());
  return [{ type: "p", inline: inline(prose.join(" ")) }, end];
}

function begins(line) {
  return Object.values(BLOCK).some((pattern) => pattern.test(line));
}

function fenced(lines, at, mark) {
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(mark)) end += 1;
  return [{ type: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

function list(lines, at, depth) {
  const [, indent, mark] = BLOCK.item.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const item = BLOCK.item.exec(line);
    const beside = item && item[1].length < indent.length + 2;
    if (beside && /\d/.test(item[2]) === ordered) items.push([item[3]]);
    else if (beside || !line.trim() || (begins(line) && !/^\s{2}/.test(line))) break;
    else items.at(-1).push(line.replace(/^ {2,3}/, ""));
  }
  const type = ordered ? "ol" : "ul";
  const start = ordered ? Number.parseInt(mark, 10) : 1;
  return [{ type, start, items: items.map((of) => blocks(of.join("\n"), depth + 1)) }, end];
}
