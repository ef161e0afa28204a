// What stands where there is nothing yet, and while something is on its way.

import { html } from "../html.js";

export function Empty({ title, children }) {
  return html`<div class="empty"><p><strong>${title}</strong></p>${children}</div>`;
}

/** `rows` grey lines; screen readers hear "Loading". */
export function Skeleton({ rows = 3 }) {
  return html`<div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({ length: rows }, (_, row) => html`<span key=${row}></span>`)}
  </div>`;
}
