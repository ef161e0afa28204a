// What went wrong, with the fields it is about.

import { html } from "../html.js";

export function Problem({ problem, children }) {
  const errors = problem.errors ?? [];
  return html`<div class="problem" role="alert">
    <strong>${problem.title || "Something went wrong"}</strong>
    ${problem.message !== problem.title && html`<p>${problem.message}</p>`}
    ${errors.length > 0 &&
    html`<ul>
      ${errors.map(
        (error) => html`<li>${error.path && html`<code>${error.path}</code>`} ${error.message}</li>`,
      )}
    </ul>`}
    ${problem.requestId && html`<p class="quiet">Request ${problem.requestId}</p>`} ${children}
  </div>`;
}
