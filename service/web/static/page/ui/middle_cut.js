// A name that gives up its middle where there is no room: its end tells it from others like it.

import { html, memo } from "../html.js";

const END = 8;

/** `end` is how many characters of the end always stay. */
export const MiddleCut = memo(function MiddleCut({ text, end = END }) {
  const letters = [...text];
  if (letters.length <= end * 2) {
    return html`<span class="middle-cut" title=${text}><span class="uncut">${text}</span></span>`;
  }
  return html`<span class="middle-cut" title=${text}>
    <span class="head">${letters.slice(0, -end).join("")}</span
    ><span class="tail">${letters.slice(-end).join("")}</span>
  </span>`;
});
