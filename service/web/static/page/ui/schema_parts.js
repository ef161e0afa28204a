// The fields that hold others: objects and lists.

import { html, useState } from "../html.js";
import * as schemas from "./schema.js";
import { Faults, Hint, NullButton, Remove } from "./schema_label.js";
import { Variants } from "./schema_variants.js";
import { rulesOf, titleOf } from "./schema_words.js";

/** A frame with a name around several fields; the outermost has neither. */
function Group(props) {
  const { id, schema, name, title, top, required, value, faults } = props;
  const shown = title ?? titleOf(schema, name ?? "Value");
  if (value === undefined) return html`<${Absent} ...${props} shown=${shown} />`;
  const remove = props.onRemove ?? (!required && !top ? () => props.onChange(undefined) : null);
  const head = html`<${Hint} ...${props} /><${Faults} ...${props} />`;
  if (top) return html`${head}${props.children}`;
  const rules = rulesOf(schema);
  return html`<fieldset
    class=${`field-group ${props.compact ? "compact" : ""}`}
    id=${id}
    aria-invalid=${faults.length ? "true" : undefined}
  >
    <legend>${shown}${rules && html` <span class="quiet">${rules}</span>`}</legend>
    ${remove && html`<${Remove} title=${shown} onRemove=${remove} />`} ${head}${props.children}
  </fieldset>`;
}

// One that isn't there takes a line.
function Absent(props) {
  const { id, shown, required, faults } = props;
  return html`<div class="field" id=${id}>
    <div class="field-name">
      <span>${shown}</span>${!required && html` <span class="quiet">optional</span>`}
    </div>
    <div class="field-body">
      <div class="actions">
        <button
          type="button"
          class="small"
          aria-invalid=${faults.length ? "true" : undefined}
          onClick=${props.begin}
        >
          Add ${shown}
        </button>
        ${props.onNull && html`<${NullButton} ...${props} />`}
      </div>
      <${Hint} ...${props} /><${Faults} ...${props} />
    </div>
  </div>`;
}

function Members(props) {
  const { Field, form, schema, value = {}, depth, onChange, place } = props;
  const named = schemas.propertiesOf(schema);
  const order = named.map(({ name }) => name);
  const change = (name) => (next) => onChange(withMember(value, name, next, order));
  const known = new Set(order);
  const others = Object.keys(value).filter((name) => !known.has(name));
  const member = ({ name, schema: part, required }, more) =>
    html`<${Field}
      key=${name}
      form=${form}
      schema=${part}
      name=${name}
      required=${required}
      depth=${Number(depth) + 1}
      value=${Object.hasOwn(value, name) ? value[name] : undefined}
      path=${place(name)}
      onChange=${change(name)}
      ...${more}
    />`;
  return html`<${Group}
    ...${props}
    compact=${props.title !== undefined && isFlat(props, named, others)}
  >
    ${named.map((part) => member(part))}
    ${others.map((name) => {
      const part = schemas.memberOf(schema, name);
      return member(
        { name, schema: part, required: true },
        { title: name, onRemove: () => change(name)(undefined) },
      );
    })}
    ${schemas.takesMore(schema) && html`<${AddMember} ...${props} value=${value} />`}
  <//>`;
}

// A list's small objects stand in a row each.
function isFlat({ form, schema }, named, others) {
  const simple = ({ schema: part }) => FLAT.has(schemas.fieldOf(part, form.root).kind);
  return (
    named.length <= 4 && others.length === 0 && !schemas.takesMore(schema) && named.every(simple)
  );
}

const FLAT = new Set(["text", "number", "boolean", "choice", "constant"]);

// Object.fromEntries makes a member of any name, __proto__ too. A new one stands where the schema
// has it.
function withMember(value, name, next, order = []) {
  const kept = Object.entries(value).filter(([key]) => key !== name || next !== undefined);
  if (next === undefined) return Object.fromEntries(kept);
  if (Object.hasOwn(value, name)) {
    return Object.fromEntries(kept.map(([key, old]) => [key, key === name ? next : old]));
  }
  const place = order.indexOf(name);
  const later = new Set(place < 0 ? [] : order.slice(place + 1));
  const at = kept.findIndex(([key]) => later.has(key));
  kept.splice(at < 0 ? kept.length : at, 0, [name, next]);
  return Object.fromEntries(kept);
}

function AddMember({ id, form, schema, value, onChange }) {
  const [name, setName] = useState("");
  const part = schemas.memberOf(schema, name);
  const refused =
    part === false
      ? "No member may have this name."
      : Object.hasOwn(value, name)
        ? "It is there already."
        : "";
  const add = () => {
    if (!name || refused) return;
    const { kind } = schemas.fieldOf(part, form.root);
    const first = {
      text: "",
      long: "",
      number: 0,
      boolean: false,
      object: {},
      list: [],
      choices: [],
    }[kind];
    onChange(withMember(value, name, schemas.blank(part, form.root) ?? first ?? null));
    setName("");
  };
  const key = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  };
  return html`<div class="field">
    <div class="field-name"><label for=${`${id}-more`}>Another member</label></div>
    <div class="field-body">
      <div class="field-row">
        <input
          id=${`${id}-more`}
          value=${name}
          placeholder="its name"
          autocomplete="off"
          onInput=${(event) => setName(event.target.value)}
          onKeyDown=${key}
        />
        <button type="button" disabled=${!name || Boolean(refused)} onClick=${add}>Add</button>
      </div>
      ${name && refused && html`<p class="field-fault">${refused}</p>`}
    </div>
  </div>`;
}

function Items(props) {
  const { Field, form, schema, value = [], depth, onChange, place } = props;
  const change = (at) => (next) =>
    onChange(value.map((old, place) => (place === at ? (next ?? null) : old)));
  const remove = (at) => () => onChange(value.filter((_, place) => place !== at));
  const next = schemas.itemOf(schema, value.length);
  const full = next === false || value.length >= schema.maxItems;
  const add = () => onChange([...value, schemas.blank(next, form.root) ?? first(next, form.root)]);
  return html`<${Group} ...${props}>
    ${value.map((item, at) => {
      const part = schemas.itemOf(schema, at);
      const title = schemas.resolved(part, form.root)?.title;
      return html`<${Field}
        key=${at}
        form=${form}
        schema=${part}
        value=${item}
        required
        depth=${Number(depth) + 1}
        path=${place(at)}
        title=${`${typeof title === "string" ? title : "Item"} ${at + 1}`}
        onChange=${change(at)}
        onRemove=${remove(at)}
      />`;
    })}
    <div class="actions">
      <button type="button" class="small" disabled=${full} onClick=${add}>
        Add item ${value.length + 1}
      </button>
    </div>
  <//>`;
}

function first(schema, root) {
  const { kind } = schemas.fieldOf(schema, root);
  return { object: {}, list: [], choices: [], text: "", long: "" }[kind] ?? null;
}

export const COMPOUND = { object: Members, list: Items, variants: Variants };
