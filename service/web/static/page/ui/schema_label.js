// A field's name, what it must be, and what is wrong with it.

import { html } from "../html.js";
import { rulesOf, titleOf } from "./schema_words.js";

/** What a field is described by: the ids of its hint and of what is wrong. */
export function described(props) {
  const { id, faults } = props;
  const ids = [hintOf(props) && `${id}-hint`, faults.length > 0 && `${id}-fault`];
  return {
    "aria-describedby": ids.filter(Boolean).join(" ") || undefined,
    "aria-invalid": faults.length > 0 ? "true" : undefined,
  };
}

/** A simple field: its name at the left, or above where there is little room. */
export function Label(props) {
  const { id, schema, name, title, required, top, nullable, value, onNull, onRemove, group } =
    props;
  const shown = title ?? titleOf(schema, name ?? "Value");
  return html`<div class="field">
    <div class="field-name">
      ${
        group
          ? html`<span id=${`${id}-name`}>${shown}</span>`
          : html`<label for=${id}>${shown}</label>`
      }
      ${!required && !top && html` <span class="quiet">optional</span>`}
    </div>
    <div class="field-body">
      <div class="field-row">
        ${props.children}
        ${
          nullable &&
          html`<label class="field-null">
            <input
              type="checkbox"
              checked=${value === null}
              onChange=${(event) => onNull(event.target.checked)}
            />
            null
          </label>`
        }
        ${onRemove && html`<${Remove} title=${shown} onRemove=${onRemove} />`}
      </div>
      <${Hint} ...${props} /><${Faults} ...${props} />
    </div>
  </div>`;
}

/** Makes what may be null null. */
export function NullButton({ onNull }) {
  return html`<button type="button" class="small plain" onClick=${() => onNull(true)}>
    Set to null
  </button>`;
}

/** Takes a part of the value away. */
export function Remove({ title, onRemove }) {
  return html`<button
    type="button"
    class="icon"
    title="Remove"
    aria-label=${`Remove ${title}`}
    onClick=${onRemove}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
  </button>`;
}

export function Hint(props) {
  const said = hintOf(props);
  return said && html`<p class="field-hint" id=${`${props.id}-hint`}>${said}</p>`;
}

export function Faults({ id, faults }) {
  if (faults.length === 0) return null;
  return html`<p class="field-fault" id=${`${id}-fault`}>${faults.map(sentence).join(" ")}</p>`;
}

function hintOf({ schema, kind, note }) {
  const rules = UNRULED.has(kind) ? "" : rulesOf(schema);
  const about = typeof schema.description === "string" ? schema.description : "";
  const json = kind === "json" && !note && "Written as JSON.";
  return [about, rules && sentence(rules), note, json].filter(Boolean).join(" ");
}

// What is chosen from a list needs no rule; what holds others has them beside its name.
const UNRULED = new Set(["choice", "choices", "constant", "object", "list", "variants"]);

function sentence(text) {
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
