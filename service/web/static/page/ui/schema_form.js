// A form from a JSON Schema: a field for each part of a value, JSON for what a form can't show.

import { html, useId, useMemo, useRef } from "../html.js";
import { blank, fieldOf } from "./schema.js";
import { placed, step } from "./schema_check.js";
import { Label } from "./schema_label.js";
import { GROUPS, SIMPLE } from "./schema_fields.js";
import { COMPOUND } from "./schema_parts.js";
import { sheet } from "./sheet.js";

await sheet("schema_form.css");

const DEEPEST = 12;
const NONE = [];

/**
 * `value` is JSON as exact_json.js reads it, undefined where there is none yet; `onChange` is given
 * the next one. `errors` is `[{path, message}]`, the paths from `path` on.
 */
export function SchemaForm({ schema, value, onChange, errors = NONE, path = "input" }) {
  const id = useId();
  const form = { root: schema, errors: useMemo(() => placed(errors), [errors]), id };
  return html`<div class="schema-form">
    <${Field}
      form=${form}
      schema=${schema}
      value=${value}
      path=${path}
      depth="0"
      required
      top
      onChange=${onChange}
    />
  </div>`;
}

/** The first field at fault gets the focus; false where no field is. */
export function focusFault(element) {
  const fault = element?.querySelector("[aria-invalid=true]");
  const field = fault?.matches("fieldset")
    ? (fault.querySelector("input, button") ?? fault)
    : fault;
  field?.focus();
  return Boolean(field);
}

/** One part of the value: `title` where its place names it, `onRemove` takes it away. */
export function Field(props) {
  const { form, schema, value, path, depth, onChange, required } = props;
  const found = fieldOf(schema, form.root);
  const kind = depth > DEEPEST ? "json" : kindFor(found, value);
  const faults = useFaults(form.errors, path, value);
  const id = `${form.id}-${path}`;
  const mine = {
    ...props,
    ...found,
    kind,
    id,
    faults,
    place: (key) => step(path, key),
    begin: () => onChange(blank(schema, form.root) ?? empty(kind)),
    onNull: found.nullable ? (chosen) => onChange(chosen ? null : undefined) : undefined,
  };
  const Part = value === null && found.nullable ? SIMPLE.nothing : (SIMPLE[kind] ?? COMPOUND[kind]);
  const body = html`<${Part} ...${mine} Field=${Field} />`;
  if (!SIMPLE[kind] && !(value === null && found.nullable)) return body;
  return html`<${Label} ...${mine} required=${required} group=${GROUPS.has(kind)}>${body}<//>`;
}

// What was wrong with a value is said as long as it is the same value.
function useFaults(errors, path, value) {
  const told = useRef({});
  if (told.current.errors !== errors) told.current = { errors, value };
  if (told.current.value !== value) return [];
  return errors.filter((error) => error.path === path).map(({ message }) => message);
}

// What another type than the schema's, or too much of it, holds is shown as the JSON it is.
function kindFor({ kind, schema }, value) {
  const list = Array.isArray(value);
  if (kind === "list" || kind === "choices") {
    return value === undefined || (list && value.length <= 50) ? kind : "json";
  }
  if (kind === "object") return isPlain(value) || value === undefined ? kind : "json";
  if (kind === "text" && typeof value === "string") return /[\n\r]/.test(value) ? "long" : kind;
  const whole = typeof value === "object" && value !== null && !value.toJSON;
  return whole && !["json", "variants", "choice", "constant"].includes(kind) ? "json" : kind;
}

function isPlain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !value.toJSON;
}

function empty(kind) {
  return { object: {}, list: [], choices: [] }[kind];
}
