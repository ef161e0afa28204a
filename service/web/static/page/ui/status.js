// A status as the service said it: a shape, the word, a colour.

import { html, memo } from "../html.js";

// Each in a box of 16 by 16, drawn with lines.
export const SHAPES = {
  RUNNING: "M8 2a6 6 0 1 1-5.2 3",
  WAITING: "M6 5v6M10 5v6",
  SUCCEEDED: "M4 8.5 7 11.5 12.5 5",
  FAILED: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  CAUGHT: "M3 6c4-3 9-2 9 2.5M9.5 6.5 12 9l2-2.8M4 12h5",
  RETRYING: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5",
  TIMED_OUT: "M8 4.5V8l2.5 1.5M8 2a6 6 0 1 0 .01 0",
  ABORTED: "M5 5h6v6H5z",
  PENDING_REDRIVE: "M4 4v8l4-4zM9 4v8l4-4z",
};

/** The shape alone, for nodes and bars; the word must stand beside it or be its label. */
export const StatusIcon = memo(function StatusIcon({ status, label }) {
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return html`<svg class="status-icon" data-status=${status} viewBox="0 0 16 16" ...${named}>
    <path d=${SHAPES[status] ?? "M5 8h6"} />
  </svg>`;
});

/** Shape and word in a pill. */
export const Status = memo(function Status({ status, live = false }) {
  if (!status) return null;
  return html`<span class="status" data-status=${status} role=${live ? "status" : undefined}>
    <${StatusIcon} status=${status} />${status.replaceAll("_", " ")}
  </span>`;
});
