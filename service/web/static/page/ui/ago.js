// How long ago something was, in words that don't tick.

import { html } from "../html.js";
import { durationText, useNow } from "./time.js";

const MINUTE = 60_000;

/** `just now`, `4 m ago`, `2 h ago`, `3 d ago`. */
export function agoText(ms) {
  if (ms < MINUTE) return "just now";
  const [number, unit] = durationText(ms).split(" ");
  return `${number} ${unit} ago`;
}

/** The exact time in UTC is its title, behind `title`. */
export function Ago({ at, title }) {
  const now = useNow(at ? MINUTE / 4 : null);
  if (!at) return null;
  const named = title ? `${title} ${at}` : at;
  return html`<time datetime=${at} title=${named}>${agoText(now - Date.parse(at))}</time>`;
}

/** When something was read, where that is more than a minute ago: what shows may be old. */
export function Stale({ at }) {
  const now = useNow(at ? MINUTE / 4 : null);
  if (!at || now - Date.parse(at) < MINUTE) return null;
  return html`<span class="stale" role="status">as of <${Ago} at=${at} /></span>`;
}
