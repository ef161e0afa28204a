// Where a time stands on the timeline's axis. Where nearly all of it passed in a few stretches in
// which nothing happened, those are drawn short, so that the rest can be seen.

const STRETCHES = 4; // at most so many are shortened
const SHARE = 0.12; // of the axis for each of them
const DOMINANT = 0.8; // they take so much of the time, or nothing is shortened
const LEAST_MS = 60_000; // and so long each

/**
 * `times` in ms: when something began or ended, within `start` and `end`. `{at(ms): 0 to 1,
 * breaks: [{from, to, left, width}], compressible}`; `breaks` are the stretches drawn short.
 */
export function timeScale(start, end, times, { compress = true } = {}) {
  const span = Math.max(end - start, 1);
  const linear = { at: (ms) => clamp((ms - start) / span), breaks: [], compressible: false };
  const long = longStretches(start, end, times);
  const hidden = long.reduce((sum, { from, to }) => sum + to - from, 0);
  if (hidden < span * DOMINANT) return linear;
  if (!compress) return { ...linear, compressible: true };
  return { ...broken(start, end, long), compressible: true };
}

function longStretches(start, end, times) {
  const marks = [...new Set([start, ...times, end])].filter((ms) => ms >= start && ms <= end);
  marks.sort((a, b) => a - b);
  const stretches = marks.slice(1).map((to, index) => ({ from: marks[index], to }));
  const long = stretches.filter(({ from, to }) => to - from >= LEAST_MS);
  long.sort((a, b) => b.to - b.from - (a.to - a.from));
  // All of a timeline's stretches shortened would leave nothing to compare them with.
  return long.slice(0, Math.min(STRETCHES, stretches.length - 1));
}

function broken(start, end, long) {
  const stretches = [...long].sort((a, b) => a.from - b.from);
  const hidden = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const shown = end - start - hidden;
  const rest = 1 - SHARE * stretches.length;
  const at = (ms) => {
    let left = 0;
    let from = start;
    for (const stretch of stretches) {
      if (ms <= stretch.from) break;
      left += ((stretch.from - from) / shown) * rest;
      from = stretch.to;
      if (ms < stretch.to) {
        return clamp(left + ((ms - stretch.from) / (stretch.to - stretch.from)) * SHARE);
      }
      left += SHARE;
    }
    return clamp(left + (Math.max(ms - from, 0) / Math.max(shown, 1)) * rest);
  };
  const breaks = stretches.map(({ from, to }) => ({ from, to, left: at(from), width: SHARE }));
  return { at, breaks };
}

const clamp = (share) => Math.min(1, Math.max(0, share));

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3,
  900e3, 1800e3, 3600e3, 7200e3, 14400e3, 21600e3, 43200e3, 86400e3, 172800e3, 604800e3, 1209600e3,
  2592000e3, 7776000e3,
];

/** The end of the axis of something that has run for `ms`: so that it moves in steps, seldom. */
export function roomFor(ms) {
  const wanted = Math.max(ms, 1000) * 1.02;
  let step = STEPS_MS.find((each) => wanted / each <= 20);
  step ??= STEPS_MS.at(-1);
  return Math.ceil(wanted / step) * step;
}

/**
 * Round times after the start, in ms, `least` apart at least, in shares of the axis; where stretches
 * are drawn short, the start alone, since between them the axis has another pace.
 */
export function ticks(start, end, scale, least = 0.12) {
  const span = end - start;
  if (scale.breaks.length > 0) return [0];
  const step = STEPS_MS.find((each) => span / each <= 1 / least) ?? span;
  const found = [];
  for (let ms = 0; ms <= span * (1 - least / 2); ms += step) found.push(ms);
  return found;
}
