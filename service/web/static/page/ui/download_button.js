// Saves a text, or what a function answers, as a file.

import { html } from "../html.js";

export function DownloadButton({ text, name, label = "Download" }) {
  const save = () => {
    const content = typeof text === "function" ? text() : text;
    const url = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return html`<button type="button" class="icon" title=${label} aria-label=${label} onClick=${save}>
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 2.5v7.5M5 7.5l3 3 3-3M3 13.5h10" />
    </svg>
  </button>`;
}
