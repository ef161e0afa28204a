// The SVG paths of arrows.

const HEAD = 7;
const CORNER = 10;

/**
 * `{line, head}` of an arrow through these pins; `round` where they are corners. The line leaves
 * out what its label stands on.
 */
export function arrow({ pins, round, label }) {
  const end = pins.at(-1);
  const before = pins.at(-2);
  const tip = round ? unit(before, end) : { x: 0, y: Math.sign(end.y - before.y) || 1 };
  const stop = { x: end.x - tip.x * (HEAD - 1), y: end.y - tip.y * (HEAD - 1) };
  const along = [...pins.slice(0, -1), stop];
  return { line: round ? cornered(along, label) : turned(along, label), head: headAt(end, tip) };
}

function unit(a, b) {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  return { x: (b.x - a.x) / length, y: (b.y - a.y) / length };
}

function headAt({ x, y }, tip) {
  const back = { x: x - tip.x * HEAD, y: y - tip.y * HEAD };
  const side = { x: -tip.y * HEAD * 0.55, y: tip.x * HEAD * 0.55 };
  const a = `${n(back.x + side.x)} ${n(back.y + side.y)}`;
  return `M${a}L${n(x)} ${n(y)}L${n(back.x - side.x)} ${n(back.y - side.y)}Z`;
}

function turned(pins, label) {
  return pins.reduce((path, pin, at) => {
    if (at === 0) return `M${n(pin.x)} ${n(pin.y)}`;
    const { x, y } = pins[at - 1];
    if (Math.abs(x - pin.x) < 0.5) return `${path}${down(pins[at - 1], pin, label)}`;
    const half = n((y + pin.y) / 2);
    return `${path}C${n(x)} ${half} ${n(pin.x)} ${half} ${n(pin.x)} ${n(pin.y)}`;
  }, "");
}

// Straight up or down, but for the label where it stands on this piece.
function down(a, b, label) {
  const end = `L${n(b.x)} ${n(b.y)}`;
  const here = label && Math.abs(label.x - b.x) < 1 && (a.y - label.y) * (b.y - label.y) < 0;
  if (!here) return end;
  const half = (Math.sign(b.y - a.y) * label.height) / 2;
  return `V${n(label.y - half)}M${n(b.x)} ${n(label.y + half)}${end}`;
}

function cornered(pins, label) {
  return pins.reduce((path, pin, at) => {
    const [before, after] = [pins[at - 1], pins[at + 1]];
    if (!before) return `M${n(pin.x)} ${n(pin.y)}`;
    if (!after) return `${path}L${n(pin.x)} ${n(pin.y)}`;
    const straight = Math.abs(before.x - pin.x) < 0.5;
    const [a, b] = [unit(pin, before), unit(pin, after)];
    const r = Math.min(CORNER, distance(pin, before) / 2, distance(pin, after) / 2);
    const bend = { x: pin.x + a.x * r, y: pin.y + a.y * r };
    const from = straight ? down(before, bend, label) : `L${n(bend.x)} ${n(bend.y)}`;
    const to = `${n(pin.x + b.x * r)} ${n(pin.y + b.y * r)}`;
    return `${path}${from}Q${n(pin.x)} ${n(pin.y)} ${to}`;
  }, "");
}

function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function n(number) {
  return Math.round(number * 10) / 10;
}
