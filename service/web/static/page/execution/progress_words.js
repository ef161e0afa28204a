// How far an execution is and what it came to, in words. Pure: no DOM in here.

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

import { ExactNumber } from "../../client/index.js";

/** The progress as the service told it, with numbers to reckon with. */
export function reckoned(progress) {
  const plain = (value) => (value instanceof ExactNumber ? Number(value) : value);
  return Object.fromEntries(Object.entries(progress).map(([name, value]) => [name, plain(value)]));
}

/**
 * `62 %, about 3 min left`, `62 %, overdue: usually takes 4 min`, `62 %`, `over`; "" where it isn't
 * known how far it is. `passedS` is how long ago the service said so.
 */
export function farText({ fraction, remaining_s: left, overdue, typical_s: usual }, over, passedS = 0) {
  if (over) return "over";
  const far = fraction === null ? [] : [`${percent(fraction)} %`];
  if (overdue || (left !== null && left <= passedS)) far.push(usual > 0 ? `overdue: usually takes ${spanText(usual)}` : "overdue");
  else if (left !== null) far.push(leftText(left - passedS));
  return far.join(", ");
}

/** Whole, and 100 only where it is over. */
export function percent(fraction) {
  return Math.floor(fraction * 100 + 1e-6);
}

function leftText(seconds) {
  return seconds < 10 ? "a few seconds left" : `about ${spanText(seconds)} left`;
}

/** `40 s`, `3 min`, `2 h`, `4 d`: no more exact than it is known. */
export function spanText(seconds) {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 57.5) return `${Math.round(seconds / 5) * 5} s`;
  if (seconds < 1.5 * HOUR_S) return `${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < 1.5 * DAY_S) return `${Math.round(seconds / HOUR_S)} h`;
  return `${Math.round(seconds / DAY_S)} d`;
}

/** `41 transitions`, `at least $0.001`, `24,959 events left`: what is known of them. */
export function spentTexts({ transitions, usd, at_least: more, events, events_left: left }) {
  const least = more ? "at least " : "";
  return [
    transitions === null ? "" : counted(transitions, "transition"),
    usd === null ? "" : `${least}${moneyText(usd)}`,
    left === null ? counted(events, "event") : `${counted(left, "event")} left`,
  ].filter(Boolean);
}

function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** `$0`, `$0.000025`, `$0.0011`, `$3.20`: two digits that count. */
export function moneyText(usd) {
  if (usd >= 0.995) return `$${usd.toFixed(2)}`;
  if (!(usd > 0)) return "$0";
  const digits = 1 - Math.floor(Math.log10(usd));
  return `$${usd.toFixed(digits).replace(/0+$/, "")}`;
}
