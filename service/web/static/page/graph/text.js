// How wide texts are, and how they are cut to a width.

const FONTS = {
  name: ["600 13px", 0.6],
  fact: ["400 11px", 0.55],
  word: ["650 10px", 0.7],
  label: ["400 11px", 0.55],
};
const FAMILY =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

const widths = new Map();
let canvas;

/** The width of a text in px: measured where there is a canvas, else a guess. */
export function widthOf(text, font) {
  const key = `${font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    width = measured(text, font);
    widths.set(key, width);
  }
  return width;
}

function measured(text, font) {
  const [style, ratio] = FONTS[font];
  canvas ??= globalThis.document?.createElement("canvas").getContext("2d") ?? null;
  if (!canvas) return text.length * ratio * Number.parseInt(style.split(" ")[1], 10);
  canvas.font = `${style} ${FAMILY}`;
  // Status words are set a little wider apart.
  return canvas.measureText(text).width + (font === "word" ? text.length * 0.3 : 0);
}

/** The text, or as much of its two ends as fits with an ellipsis between. */
export function cutMiddle(text, width, font) {
  if (widthOf(text, font) <= width) return text;
  const letters = [...text];
  let low = 0;
  let high = letters.length - 1;
  while (low < high) {
    const kept = Math.ceil((low + high) / 2);
    if (widthOf(cut(letters, kept), font) <= width) low = kept;
    else high = kept - 1;
  }
  return cut(letters, low);
}

function cut(letters, kept) {
  const head = Math.ceil(kept * 0.6);
  const tail = letters.slice(letters.length - (kept - head));
  return `${letters.slice(0, head).join("")}…${tail.join("")}`;
}

/** The text in lines of at most this width; the last of `most` is cut where there would be more. */
export function wrapped(text, width, font, most) {
  const lines = [""];
  for (const piece of pieces(text, width, font)) {
    const line = lines.at(-1) + piece;
    if (widthOf(line.trimEnd(), font) <= width || lines.at(-1) === "")
      lines[lines.length - 1] = line;
    else lines.push(piece.trimStart());
  }
  const whole = lines.map((line) => line.trimEnd());
  if (whole.length <= most) return whole;
  const rest = whole.slice(most - 1).join(" ");
  return [...whole.slice(0, most - 1), cutMiddle(rest, width, font)];
}

// A text may be broken behind blanks, dots, slashes and the like; where that isn't enough within a
// word, before a capital, and else anywhere.
function pieces(text, width, font) {
  const split = (found, pattern) =>
    found.flatMap((piece) => (widthOf(piece, font) <= width ? [piece] : piece.split(pattern)));
  const words = text.split(/(?<=[\s./_,:-])/);
  return split(split(words, /(?<=[a-z0-9])(?=[A-Z])/), "");
}
