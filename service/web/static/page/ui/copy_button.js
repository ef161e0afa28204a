// Copies a text (or what a function answers) and says that it did.

import { html, useEffect, useState } from "../html.js";

const SHOWN_MS = 1500;

export function CopyButton({ text, label = "Copy" }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = said && setTimeout(() => setSaid(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      setSaid("Copied");
    } catch {
      setSaid("Not copied: the browser doesn't allow it");
    }
  };
  return html`<button type="button" class="icon" title=${label} aria-label=${label} onClick=${copy}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" /></svg>
    <span class="said" role="status">${said}</span>
  </button>`;
}
