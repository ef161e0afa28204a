// The fields for simple values: texts, numbers, choices, and JSON as it is typed.

import { html, useRef, useState } from "../html.js";
import { BrokenJson, pretty, readExact, write } from "./exact_json.js";
import { typedNumber } from "./schema.js";
import { same } from "./schema_check.js";
import { described } from "./schema_label.js";
import { labelOf } from "./schema_words.js";

const PICKED = { date: "date", "date-time": "datetime-local", time: "time" };
const MODES = { email: "email", uri: "url", "uri-reference": "url" };

/** A text's way into an input, and a number's: as it was written. */
function shownText(value) {
  if (value === undefined) return "";
  return typeof value === "string" ? value : write(value);
}

// A text that was there and is deleted stays as an empty one where there must be one.
function typedText(text, { required, schema }) {
  const empty = required && !schema.minLength ? "" : undefined;
  return text === "" ? empty : text;
}

function Text(props) {
  const { id, schema, value, required, onChange } = props;
  const type = PICKED[schema.format];
  return html`<input
      id=${id}
      class=${type ? "mono" : undefined}
      value=${shownText(value)}
      autocomplete="off"
      inputmode=${MODES[schema.format]}
      aria-required=${required ? "true" : undefined}
      placeholder=${exampleOf(schema)}
      onInput=${(event) => onChange(typedText(event.target.value, props))}
      ...${described(props)}
    />
    ${type && html`<${Picker} ...${{ type, format: schema.format, value, onChange }} />`}`;
}

function Long(props) {
  const { id, value, required, onChange } = props;
  const rows = Math.min(14, Math.max(3, shownText(value).length / 80));
  return html`<textarea
    id=${id}
    rows=${Math.ceil(rows)}
    value=${shownText(value)}
    aria-required=${required ? "true" : undefined}
    onInput=${(event) => onChange(typedText(event.target.value, props))}
    ...${described(props)}
  ></textarea>`;
}

function Numeric(props) {
  const { id, schema, value, required, onChange } = props;
  const typed = (text) => (text.trim() === "" ? undefined : typedNumber(text));
  return html`<input
    id=${id}
    class="mono"
    value=${shownText(value)}
    autocomplete="off"
    inputmode="decimal"
    aria-required=${required ? "true" : undefined}
    placeholder=${exampleOf(schema)}
    onInput=${(event) => onChange(typed(event.target.value))}
    ...${described(props)}
  />`;
}

function exampleOf(schema) {
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  return example === undefined || typeof example === "object" ? undefined : `such as ${example}`;
}

// The browser's own calendar; what it picks is written as the schema wants it.
function Picker({ type, format, value, onChange }) {
  const input = useRef();
  const open = () => {
    const at = new Date(value ?? Date.now());
    const local = Number.isNaN(at.getTime())
      ? null
      : new Date(at - at.getTimezoneOffset() * 60_000);
    const text = local?.toISOString() ?? "";
    input.current.value =
      { date: text.slice(0, 10), time: text.slice(11, 16) }[type] ?? text.slice(0, 16);
    input.current.showPicker();
  };
  const pick = ({ target }) => {
    if (!target.value) return;
    const written = { date: target.value, time: `${target.value}:00Z` }[format];
    onChange(written ?? `${new Date(target.value).toISOString().slice(0, 19)}Z`);
  };
  return html`<span class="field-picker">
    <input ref=${input} type=${type} tabindex="-1" aria-hidden="true" onChange=${pick} />
    <button
      type="button"
      class="icon"
      title="Pick"
      aria-label="Pick from a calendar"
      onClick=${open}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5v3M10.5 2.5v3" />
      </svg>
    </button>
  </span>`;
}

function Yesno(props) {
  const options = [true, false].map((value) => ({ value, label: labelOf(value) }));
  if (!props.required) options.push({ value: undefined, label: "Not set" });
  const { id, value, onChange } = props;
  const odd = value !== undefined && typeof value !== "boolean";
  return html`<div
      class="yesno"
      role="radiogroup"
      aria-labelledby=${`${id}-name`}
      ...${described(props)}
    >
      ${options.map(
        (option) =>
          html`<label key=${option.label}>
            <input
              type="radio"
              name=${id}
              checked=${value === option.value}
              onChange=${() => onChange(option.value)}
            />
            <span>${option.label}</span>
          </label>`,
      )}
    </div>
    ${odd && html`<code class="quiet">${write(value)}</code>`}`;
}

function Choice(props) {
  const { id, options, value, required, onChange } = props;
  const at = options.findIndex((option) => same(option.value, value));
  const other = value !== undefined && at < 0;
  const none = required ? "Choose…" : "Not set";
  const choose = ({ target }) => onChange(options[Number(target.value)]?.value);
  return html`<select
    id=${id}
    aria-required=${required ? "true" : undefined}
    value=${other ? "other" : String(at)}
    onChange=${choose}
    ...${described(props)}
  >
    ${(at < 0 || !required) && html`<option value="-1">${none}</option>`}
    ${other && html`<option value="other">${labelOf(value)}</option>`}
    ${options.map(
      ({ label }, place) => html`<option key=${place} value=${String(place)}>${label}</option>`,
    )}
  </select>`;
}

function Choices(props) {
  const { id, options, value = [], onChange } = props;
  const chosen = (option) => value.some((one) => same(one, option.value));
  const toggle = (option) =>
    onChange(
      chosen(option) ? value.filter((one) => !same(one, option.value)) : [...value, option.value],
    );
  return html`<div
    class="boxes"
    role="group"
    aria-labelledby=${`${id}-name`}
    ...${described(props)}
  >
    ${options.map(
      (option) =>
        html`<label key=${option.label}>
          <input type="checkbox" checked=${chosen(option)} onChange=${() => toggle(option)} />
          ${option.label}
        </label>`,
    )}
  </div>`;
}

// A fixed value: there is nothing to choose but whether it is there.
function Constant(props) {
  const { id, schema, value, required, onChange } = props;
  const set = same(value, schema.const);
  return html`<div class="constant">
    ${
      set && required
        ? html`<output id=${id}>${labelOf(schema.const)}</output>`
        : html`<label
            ><input
              id=${id}
              type="checkbox"
              checked=${set}
              ...${described(props)}
              onChange=${() => onChange(set ? undefined : schema.const)}
            />
            ${labelOf(schema.const)}</label
          >`
    }
  </div>`;
}

function Nothing(props) {
  return html`<output id=${props.id} class="quiet" ...${described(props)}>null</output>`;
}

/** JSON as somebody types it, kept as it was typed while it means the same value. */
export function JsonText(props) {
  const { id, value, onChange } = props;
  const typed = useRef({});
  const [, redraw] = useState(0);
  const text =
    typed.current.value === value && typed.current.text !== undefined
      ? typed.current.text
      : value === undefined
        ? ""
        : pretty(value);
  const type = ({ target }) => {
    typed.current = { text: target.value, value: parsed(target.value) };
    redraw((count) => count + 1);
    onChange(typed.current.value);
  };
  const rows = Math.min(16, Math.max(2, text.split("\n").length));
  return html`<textarea
    id=${id}
    class="code"
    rows=${rows}
    value=${text}
    spellcheck=${false}
    autocapitalize="off"
    onInput=${type}
    ...${described(props)}
  ></textarea>`;
}

function parsed(text) {
  if (text.trim() === "") return undefined;
  try {
    return readExact(text);
  } catch {
    return new BrokenJson(text);
  }
}

export const SIMPLE = {
  text: Text,
  long: Long,
  number: Numeric,
  boolean: Yesno,
  choice: Choice,
  choices: Choices,
  constant: Constant,
  nothing: Nothing,
  json: JsonText,
};

/** The kinds whose parts are several, named together. */
export const GROUPS = new Set(["boolean", "choices"]);
