// Draws a schema: a line a member with its type, limits and meaning; what is inside opens below it.

import { html, useState } from "../html.js";
import { Prose } from "./prose.js";
import { choices, hasInside, inside, limits, resolve, typeName } from "./schema.js";

/**
 * Everything inside a schema; a value without members is told in one line. Of what is sent those
 * members are marked that must be there, of what is `answered` those that may be missing.
 */
export function Shape({ root, schema, answered = false, level = 4 }) {
  const { members, parts } = inside(root, schema);
  if (!members.length && !parts.length)
    return html`<p class="type"><${Type} root=${root} schema=${schema} /></p>`;
  return html`<ul class="shape">
    ${members.map(
      (one) =>
        html`<${Member}
          key=${one.name}
          root=${root}
          answered=${answered}
          level=${level}
          ...${one}
        />`,
    )}
    ${parts.map(
      (part, index) =>
        html`<${Part}
          key=${index}
          root=${root}
          answered=${answered}
          level=${level}
          schema=${part.schema}
        />`,
    )}
  </ul>`;
}

/** A type with its limits and choices. */
export function Type({ root, schema }) {
  const facts = limits(root, schema);
  const values = choices(root, schema);
  return html`<span class="type-name">${typeName(root, schema)}</span> ${
    facts.length > 0 && html`<span class="limits">${facts.join(", ")}</span>`
  }
    ${
      values.length > 0 &&
      html`<span class="values">${values.map((value) => html`<code>${value}</code> `)}</span>`
    }`;
}

function Member({ root, name, schema, required, open: any, answered, level }) {
  const about = schema.description ?? resolve(root, schema).description;
  return html`<li>
    <div class="member">
      ${any ? html`<em>${name}</em>` : html`<code class="name">${name}</code>`}
      ${
        !any &&
        required !== answered &&
        html`<span class="required">${answered ? "optional" : "required"}</span>`
      }
      <${Type} root=${root} schema=${schema} />
    </div>
    <${Prose} text=${about} under=${level} quiet />
    <${Inside} root=${root} name=${name} schema=${schema} answered=${answered} level=${level} />
  </li>`;
}

function Part({ root, schema, answered, level }) {
  return html`<li>
    <div class="member">either <${Type} root=${root} schema=${schema} /></div>
    <${Prose} text=${resolve(root, schema).description} under=${level} quiet />
    <${Inside}
      root=${root}
      name=${typeName(root, schema)}
      schema=${schema}
      answered=${answered}
      level=${level}
    />
  </li>`;
}

/** The same, folded until somebody wants to see it. */
export function Inside({ root, name, schema, answered = false, level = 4 }) {
  const [open, setOpen] = useState(false);
  if (!hasInside(root, schema)) return null;
  const found = inside(root, schema);
  const many = found.members.length + found.parts.length;
  return html`<details
    class="inside"
    open=${open}
    onToggle=${(event) => setOpen(event.currentTarget.open)}
  >
    <summary>
      ${many} ${many === 1 ? "member" : "members"}
      <span class="visually-hidden"> of ${name}</span>
    </summary>
    ${open && html`<${Shape} root=${root} schema=${schema} answered=${answered} level=${level} />`}
  </details>`;
}
