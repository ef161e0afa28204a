// One of several ways to write a value: which one is chosen, and its fields.

import { html, useMemo, useState } from "../html.js";
import { BrokenJson } from "./exact_json.js";
import * as schemas from "./schema.js";
import { check } from "./schema_check.js";
import { Faults, Hint, NullButton, Remove } from "./schema_label.js";
import { labelOf, titleOf } from "./schema_words.js";

export function Variants(props) {
  const { Field, form, schema, value, depth, id, variants, onChange, faults } = props;
  const [chosen, setChosen] = useState(null);
  const fitting = variants.findIndex((way) => value !== undefined && fits(value, way, form.root));
  const at = chosen ?? Math.max(0, fitting);
  const titles = variants.map((way, place) => wayTitle(way, place, form.root));
  const choose = (event) => {
    const next = Number(event.target.value);
    setChosen(next);
    onChange(schemas.blank(variants[next], form.root));
  };
  const { title, description, ...rest } = variants[at];
  // What is wrong with the whole is said once.
  const inner = useMemo(
    () => ({ ...form, errors: form.errors.filter((error) => error.path !== props.path) }),
    [form.errors],
  );
  const framed = FRAMED.has(schemas.fieldOf(variants[at], form.root).kind) && !props.top;
  const invalid = faults.length ? "true" : undefined;
  return html`<div class=${`variants ${framed ? "field-group" : ""}`}>
    <div class="field">
      <div class="field-name">
        <label for=${`${id}-way`}>${props.title ?? titleOf(schema, props.name ?? "Value")}</label>
        ${!props.required && !props.top && html` <span class="quiet">optional</span>`}
      </div>
      <div class="field-body">
        <div class="field-row">
          <select id=${`${id}-way`} value=${String(at)} aria-invalid=${invalid} onChange=${choose}>
            ${variants.map(
              (way, place) =>
                html`<option key=${place} value=${String(place)}>${titles[place]}</option>`,
            )}
          </select>
          ${props.onNull && html`<${NullButton} ...${props} />`}
          ${props.onRemove && html`<${Remove} title=${props.title} onRemove=${props.onRemove} />`}
        </div>
        <${Hint}
          id=${id}
          schema=${{ description: schema.description ?? description }}
          note=${props.note}
        /><${Faults} ...${props} />
      </div>
    </div>
    <${Field}
      key=${at}
      form=${inner}
      schema=${rest}
      value=${value}
      depth=${Number(depth) + 1}
      path=${props.path}
      required=${props.required}
      title=${titles[at]}
      top
      onChange=${onChange}
    />
  </div>`;
}

function fits(value, way, root) {
  return !(value instanceof BrokenJson) && check(value, way, "", root).length === 0;
}

/** What a way is called: its title, its constant, its type. */
function wayTitle(way, at, root) {
  const found = schemas.resolved(way, root) ?? {};
  if (typeof found.title === "string") return found.title;
  const marks = Object.entries(found.properties ?? {}).flatMap(([, part]) => {
    const own = schemas.resolved(part, root) ?? {};
    return "const" in own ? [labelOf(own.const)] : [];
  });
  if (marks.length > 0) return marks.join(", ");
  if (found.required?.length) return found.required.map((name) => titleOf({}, name)).join(", ");
  const [type] = schemas.typesOf(found);
  return (
    {
      string: "Text",
      object: "Object",
      array: "List",
      boolean: "Yes or no",
      null: "null",
      integer: "Whole number",
      number: "Number",
    }[type] ?? `Way ${at + 1}`
  );
}

const FRAMED = new Set(["object", "list", "variants"]);
