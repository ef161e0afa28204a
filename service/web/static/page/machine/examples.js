// The schema's examples, each by what tells it from the others.

import { html, useMemo } from "../html.js";
import { write } from "../ui/exact_json.js";
import { blank, isObject } from "../ui/schema.js";
import { same } from "../ui/schema_check.js";
import { labelOf, titleOf } from "../ui/schema_words.js";

const FACTS = 3;
const LONGEST = 40;

export function Examples({ schema, value, onChoose }) {
  const examples = Array.isArray(schema?.examples) ? schema.examples : [];
  const empty = useMemo(
    () => (isObject(schema) ? blank(schema, schema) : undefined) ?? {},
    [schema],
  );
  const named = useMemo(() => namesOf(examples, schema?.properties), [schema]);
  if (examples.length === 0) return null;
  const choices = [
    ...examples.map((example, at) => ({ example, ...named[at] })),
    { example: empty, name: "Empty", facts: ["only what has a default"] },
  ];
  return html`<nav class="examples" aria-labelledby="examples-title">
    <h2 id="examples-title">Begin with</h2>
    <ul>
      ${choices.map(
        ({ example, name, facts }, at) =>
          html`<li key=${at}>
            <button
              type="button"
              aria-pressed=${example === value}
              onClick=${() => onChoose(example)}
            >
              <strong>${name}</strong>
              ${facts.length > 0 && html`<span>${facts.join(" · ")}</span>`}
            </button>
          </li>`,
      )}
    </ul>
  </nav>`;
}

/**
 * `{name, facts}` of each: its first text, else its first value, and those behind it; what all have
 * with the same value tells nothing.
 */
export function namesOf(examples, properties = {}) {
  const members = examples.map((example) => (isObject(example) ? Object.entries(example) : []));
  const shared = ([key, one]) =>
    members.length > 1 &&
    members.every((each) => each.some(([name, other]) => name === key && same(one, other)));
  return examples.map((example, at) => {
    const plain = members[at].filter(([, one]) => !isObject(one) && !Array.isArray(one));
    const telling = plain.filter((member) => !shared(member));
    const said = ([key, one]) =>
      short(
        typeof one === "string" ? labelOf(one) : `${titleOf(properties[key], key)} ${labelOf(one)}`,
      );
    const first = Math.max(
      0,
      telling.findIndex(([, one]) => typeof one === "string"),
    );
    const [name] = telling.splice(first, 1);
    if (!name) return { name: short(write(example)), facts: [] };
    return { name: said(name), facts: telling.slice(0, FACTS).map(said) };
  });
}

function short(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
