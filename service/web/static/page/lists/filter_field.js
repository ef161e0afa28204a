// The field that filters a view by name, kept in its address: `/` leads to it, Escape empties it.

import { html } from "../html.js";

export function FilterField({ label, value, onChange }) {
  const press = (event) => {
    if (event.key !== "Escape" || !value) return;
    event.preventDefault();
    onChange("");
  };
  return html`<input
    class="filter"
    type="search"
    data-filter
    autocomplete="off"
    spellcheck="false"
    aria-label=${label}
    placeholder=${label}
    value=${value}
    onInput=${(event) => onChange(event.target.value)}
    onKeyDown=${press}
  />`;
}
