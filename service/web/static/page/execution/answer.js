// Answers a waiting task: by the author's choices, by a form of its output, as JSON; or fails it.

import { html, useId, useState } from "../html.js";
import { client } from "../session.js";
import { Problem } from "../ui/problem.js";
import { Tabs } from "../ui/tabs.js";
import { readFields } from "./answer_fields.js";
import { readInput, TextField, useAct } from "./act.js";

/**
 * `onDecided(words)` is told what was decided once the service has it; `onLink`, where links can be
 * made, asks for one.
 */
export function Answer({ task, onDecided, onLink }) {
  const { choices = [] } = task;
  const [busy, problem, act] = useAct();
  const [typed, setTyped] = useState(() => defaults(task.fields));
  const [other, setOther] = useState(false);
  const fields = task.fields ?? [];
  const send = async (outcome, words, bodyOf) => {
    const options = { repeatable: true };
    const settle = () => client.request("POST", task.links[outcome], bodyOf(), options);
    if (await act(settle)) onDecided(words);
  };
  const choose = (choice) =>
    send(choice.outcome, choice.label, () => bodyOf(choice, readFields(fields, typed)));
  const type = (name, value) => setTyped((before) => ({ ...before, [name]: value }));
  const link =
    onLink &&
    html`<button
      type="button"
      class="plain"
      title="A link to send to whoever is to answer"
      onClick=${onLink}
    >
      Link…
    </button>`;
  return html`<div class="answer">
    ${
      choices.length > 0 &&
      html`<${Beside} fields=${fields} typed=${typed} type=${type} />
        <div class="actions">
          ${choices.map(
            (choice) =>
              html`<button
                key=${choice.name}
                type="button"
                class=${choice.name === "approve" ? "primary" : "danger"}
                disabled=${busy}
                onClick=${() => choose(choice)}
              >
                ${choice.label}
              </button>`,
          )}
          <div class="answer-else">
            <button
              type="button"
              class="plain"
              aria-expanded=${other}
              onClick=${() => setOther(!other)}
            >
              Other…
            </button>
            ${link}
          </div>
        </div>`
    }
    ${
      (other || choices.length === 0) &&
      html`<${Forms} task=${task} busy=${busy} send=${send} fields=${choices.length ? [] : fields}
        typed=${typed} type=${type} />`
    }
    ${choices.length === 0 && link && html`<div class="answer-else">${link}</div>`}
    ${problem && html`<${Problem} problem=${problem} />`}
  </div>`;
}

// What may be said beside a choice: folded away where nothing of it has to be.
function Beside({ fields, typed, type }) {
  const shown = fields.map((field) => Field({ field, typed, type }));
  if (!fields.length || fields.some((field) => field.required)) return shown;
  const titles = fields.map(({ title }) => title).join(", ");
  return html`<details class="beside">
    <summary>${titles} <span class="quiet">(optional)</span></summary>
    <div class="stack">${shown}</div>
  </details>`;
}

// A choice's body with what was typed: into its output, or a comment behind its cause.
function bodyOf({ outcome, body }, values) {
  if (outcome === "success") {
    const none = Object.keys(values).length === 0;
    return none ? body : { ...body, output: { ...body.output, ...values } };
  }
  const cause = [body.cause, values.comment].filter(Boolean).join("\n");
  return cause ? { ...body, cause } : body;
}

function defaults(fields) {
  return Object.fromEntries((fields ?? []).map((field) => [field.name, field.default]));
}

function Forms({ task, busy, send, fields, typed, type }) {
  const form = fields.length > 0;
  const [tab, setTab] = useState(form ? "form" : "json");
  const tabs = [
    ...(form ? [{ name: "form", title: "Answer" }] : []),
    { name: "json", title: form ? "JSON" : "Answer as JSON" },
    { name: "fail", title: "Fail it" },
  ];
  return html`<div class="forms">
    <${Tabs} label=${`Answers to ${task.state}`} tabs=${tabs} chosen=${tab} onChoose=${setTab}>
      ${tab === "form" && html`<${FieldsForm} ...${{ busy, send, fields, typed, type }} />`}
      ${tab === "json" && html`<${JsonForm} busy=${busy} send=${send} />`}
      ${tab === "fail" && html`<${FailForm} busy=${busy} send=${send} />`}
    <//>
  </div>`;
}

function FieldsForm({ busy, send, fields, typed, type }) {
  const submit = (event) => {
    event.preventDefault();
    send("success", "Answered", () => ({ output: readFields(fields, typed) }));
  };
  return html`<form class="stack" onSubmit=${submit}>
    ${fields.map((field) => Field({ field, typed, type }))}
    <div class="actions"><button class="primary" disabled=${busy}>Send the answer</button></div>
  </form>`;
}

function JsonForm({ busy, send }) {
  const [text, setText] = useState("");
  const id = useId();
  const submit = (event) => {
    event.preventDefault();
    send("success", "Answered", () => ({ output: readInput(text, "The output isn't JSON.") }));
  };
  return html`<form class="stack" onSubmit=${submit}>
    <div>
      <label for=${id}>Output (JSON)</label>
      <textarea
        id=${id}
        class="code"
        rows="4"
        required
        spellcheck="false"
        value=${text}
        onInput=${(event) => setText(event.currentTarget.value)}
      ></textarea>
    </div>
    <div class="actions"><button class="primary" disabled=${busy}>Send the output</button></div>
  </form>`;
}

function FailForm({ busy, send }) {
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const submit = (event) => {
    event.preventDefault();
    send("failure", `Failed with ${error}`, () => ({ error, cause }));
  };
  return html`<form class="stack" onSubmit=${submit}>
    <${TextField} label="Error" value=${error} onInput=${setError} required maxlength="256" />
    <${TextField} label="Cause" value=${cause} onInput=${setCause} maxlength="32768" />
    <div class="actions"><button class="danger-fill" disabled=${busy}>Fail the task</button></div>
  </form>`;
}

function Field({ field, typed, type }) {
  return html`<${FieldInput}
    key=${field.name}
    field=${field}
    value=${typed[field.name] ?? ""}
    onInput=${(value) => type(field.name, value)}
  />`;
}

function FieldInput({ field, value, onInput }) {
  const id = useId();
  const said = (event) => onInput(event.currentTarget.value);
  const shared = { id, required: field.required, value, onInput: said };
  const described = field.description ? { "aria-describedby": `${id}-about` } : {};
  return html`<div>
    <label for=${id}>
      ${field.title}${!field.required && html` <span class="quiet">(optional)</span>`}
    </label>
    ${
      field.kind === "choice"
        ? html`<select ...${shared} ...${described}>
            <option value="">${field.required ? "Choose…" : "—"}</option>
            ${field.options.map(
              ({ label, value: option }) =>
                html`<option value=${JSON.stringify(option)}>${label}</option>`,
            )}
          </select>`
        : field.kind === "long"
          ? html`<textarea rows="2" ...${shared} ...${described}></textarea>`
          : html`<input
              ...${shared}
              ...${described}
              inputmode=${field.kind === "text" ? null : "decimal"}
            />`
    }
    ${field.description && html`<p class="quiet" id=${`${id}-about`}>${field.description}</p>`}
  </div>`;
}
