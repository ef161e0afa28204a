// A range of times: the last hour, day, week, or from one time to another.

import { html, useId } from "../html.js";

const LAST = [
  ["", "Any time"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
];
const BETWEEN = "..";

/** `value` as addresses have it: `24h`, or `2026-11-27T08:00..2026-11-27T09:00`. */
export function TimeRange({ value, onChange }) {
  const id = useId();
  const own = value.includes(BETWEEN);
  const [from, to = ""] = own ? value.split(BETWEEN) : [""];
  const choose = (event) => onChange(event.target.value);
  const field = (name, at, put) =>
    html`<label class="time-field">
      <span>${name}</span>
      <input type="datetime-local" value=${at} onChange=${(event) => onChange(put(event.target.value))} />
    </label>`;
  return html`<div class="time-range">
    <label class="visually-hidden" for=${id}>Started</label>
    <select id=${id} value=${own ? BETWEEN : value} onChange=${choose}>
      ${LAST.map(([range, text]) => html`<option key=${range} value=${range}>${text}</option>`)}
      <option value=${BETWEEN}>From … to …</option>
    </select>
    ${own && field("From", from, (at) => `${at}${BETWEEN}${to}`)}
    ${own && field("to", to, (at) => `${from}${BETWEEN}${at}`)}
  </div>`;
}
