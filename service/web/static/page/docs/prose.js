// Draws Markdown as elements, its headings below the one that they stand under.

import { html, memo } from "../html.js";
import { blocks, inline } from "./markdown.js";

/** A text in paragraphs; `under` is the level of the heading above it. */
export const Prose = memo(function Prose({ text, under = 3, quiet = false }) {
  if (!text) return null;
  return html`<div class=${quiet ? "prose quiet" : "prose"}>
    ${blocks(text).map((one) => block(one, under))}
  </div>`;
});

/** A text within a line. */
export function Words({ text }) {
  return inline(String(text ?? "").replaceAll(/\s+/g, " ")).map(span);
}

function block(one, under) {
  switch (one.type) {
    case "h":
      return html`<${`h${Math.min(6, under + one.level)}`}>${one.inline.map(span)}<//>`;
    case "code":
      return html`<pre tabindex="0">${one.text}</pre>`;
    case "ul":
      return html`<ul>
        ${one.items.map((inner) => html`<li>${inner.map((each) => block(each, under))}</li>`)}
      </ul>`;
    case "ol":
      return html`<ol start=${one.start}>
        ${one.items.map((inner) => html`<li>${inner.map((each) => block(each, under))}</li>`)}
      </ol>`;
    default:
      return html`<p>${one.inline.map(span)}</p>`;
  }
}

function span(one) {
  if (typeof one === "string") return one;
  if (one.type === "code") return html`<code>${one.text}</code>`;
  if (one.type === "a")
    return html`<a href=${one.href} rel="noreferrer">${one.inline.map(span)}</a>`;
  return html`<${one.type}>${one.inline.map(span)}<//>`;
}
