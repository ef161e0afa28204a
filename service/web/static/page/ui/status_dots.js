// The last executions in a row, oldest first, each a small shape and a link.

import { html, memo } from "../html.js";
import { href } from "../router.js";
import { agoText } from "./ago.js";
import { clock, durationText } from "./time.js";

// Each in a box of 12 by 12; filled ones are over.
const SHAPES = {
  SUCCEEDED: "M6 2a4 4 0 1 0 .01 0z",
  FAILED: "M2.4 1.2 6 4.8 9.6 1.2 10.8 2.4 7.2 6l3.6 3.6-1.2 1.2L6 7.2l-3.6 3.6-1.2-1.2L4.8 6 1.2 2.4z",
  TIMED_OUT: "M6 .8 11.6 10.8H.4z",
  ABORTED: "M2.2 2.2h7.6v7.6H2.2z",
};
const RING = "M6 2.2a3.8 3.8 0 1 0 .01 0z";

/** At most `most` of `rows` (newest first). The links are reached by the arrow keys from their row. */
export const StatusDots = memo(function StatusDots({ rows, most = 20 }) {
  const shown = rows.slice(0, most).reverse();
  return html`<span class="dots" role="group" aria-label="Last executions, oldest first">
    ${shown.map((row) => html`<${Dot} key=${row.execution} row=${row} />`)}
  </span>`;
});

const Dot = memo(function Dot({ row }) {
  const took = row.stopped_at && Date.parse(row.stopped_at) - Date.parse(row.started_at);
  const label = [
    row.status.replaceAll("_", " ").toLowerCase(),
    `started ${agoText(clock.now() - Date.parse(row.started_at))}`,
    took !== null && `took ${durationText(took)}`,
    row.name,
  ];
  const text = label.filter(Boolean).join(", ");
  const path = SHAPES[row.status] ?? RING;
  return html`<a
    href=${href.execution(row.execution)}
    data-in-row
    data-status=${row.status}
    tabindex="-1"
    title=${text}
    aria-label=${text}
    ><svg viewBox="0 0 12 12" aria-hidden="true" class=${path === RING ? "ring" : ""}>
      <path d=${path} /></svg
  ></a>`;
});
