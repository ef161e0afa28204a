// Starts an execution: a form from the input schema, or JSON, which both write the same input.

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../html.js";
import { Problem } from "../ui/problem.js";
import { BrokenJson, pretty, readExact, write } from "../ui/exact_json.js";
import { faultOf, formatted } from "../ui/json_text.js";
import { blank } from "../ui/schema.js";
import { check } from "../ui/schema_check.js";
import { focusFault, SchemaForm } from "../ui/schema_form.js";
import { Tabs } from "../ui/tabs.js";
import { Examples } from "./examples.js";
import { start } from "./read.js";
import { Outcome } from "./outcome.js";

/**
 * `machine` is the service's answer; `input` the value to begin with, else its first example;
 * `onStarted` is given the new execution's id. `draft`, an object, keeps what was typed.
 */
export function StartForm({ machine, input, onStarted, draft = {} }) {
  const schema = usable(machine.input_schema);
  const id = useId();
  const form = useRef();
  const [state, setState] = useState(() => draft.state ?? begun(machine, schema, input));
  const change = (part) => setState((before) => ({ ...before, ...part }));
  useEffect(() => {
    draft.state = state;
  }, [state]);
  const { value, text, way, errors, problem, outcome, busy } = state;
  useFaults(form, state, change);
  const send = (event) => {
    event.preventDefault();
    if (!busy) attempt(machine, schema, state, { change, onStarted, draft });
  };
  const tabs = [schema && { name: "form", title: "Form" }, { name: "json", title: "JSON" }].filter(
    Boolean,
  );
  const edit = (next) => change({ value: next, text: null });
  const express = machine.type === "EXPRESS";
  return html`<div class="start">
    <${Examples}
      schema=${machine.input_schema}
      value=${value}
      onChoose=${(next) => change({ value: next, text: null, errors: [], problem: null })}
    />
    <form
      class="start-form"
      aria-label="Start an execution"
      novalidate
      ref=${form}
      onSubmit=${send}
    >
      <h2 class="visually-hidden">Input</h2>
      ${problem && html`<${Problem} problem=${problem} />`}
      <${Tabs}
        label="How to write the input"
        tabs=${tabs}
        chosen=${way}
        onChoose=${(next) => change({ way: next })}
      >
        ${
          way === "form"
            ? html`<${FormTab}
                machine=${machine}
                value=${value}
                errors=${errors}
                onChange=${edit}
              />`
            : html`<${JsonTab}
                id=${id}
                free=${schema === null}
                value=${value}
                text=${text}
                errors=${errors}
                onType=${(next) => change({ ...typed(next), errors: [] })}
              />`
        }
      <//>
      <${Options} id=${id} machine=${machine} state=${state} change=${change} />
      <div class="start-end">
        <button type="submit" class="primary" disabled=${busy}>
          ${express ? "Start and wait" : "Start"}
        </button>
        <span class="quiet" role="status">${busy && (express ? "Running…" : "Starting…")}</span>
      </div>
    </form>
    ${outcome && html`<${Outcome} outcome=${outcome} />`}
  </div>`;
}

// A schema that says anything a form could ask for.
function usable(schema) {
  return typeof schema === "object" && schema !== null && schema.properties !== undefined
    ? schema
    : anyForm(schema);
}

function anyForm(schema) {
  const keys = ["$ref", "allOf", "oneOf", "anyOf", "enum", "items", "additionalProperties"];
  return typeof schema === "object" && schema !== null && keys.some((key) => key in schema)
    ? schema
    : null;
}

function begun({ input_schema: given }, schema, input) {
  const [example] = given?.examples ?? [];
  const value = input ?? example ?? (schema ? blank(schema, schema) : {});
  return {
    value,
    text: null,
    way: schema ? "form" : "json",
    errors: [],
    problem: null,
    name: "",
    testCase: "",
  };
}

function typed(text) {
  try {
    return { text, value: readExact(text) };
  } catch {
    return { text, value: new BrokenJson(text) };
  }
}

function FormTab({ machine, value, errors, onChange }) {
  if (value instanceof BrokenJson) {
    const { line, column, message } = faultOf(value.text);
    return html`<p class="form-waits">
      The JSON can't be read yet: line ${line}, column ${column}: ${message}.
    </p>`;
  }
  return html`<${SchemaForm}
    schema=${machine.input_schema}
    value=${value}
    errors=${errors}
    onChange=${onChange}
    path="input"
  />`;
}

const FREE = "Any JSON: no schema says what it takes.";

function JsonTab({ id, free, value, text, errors, onType }) {
  const shown = text ?? (value === undefined ? "" : pretty(value));
  const fault = shown.trim() && value instanceof BrokenJson ? faultOf(shown) : null;
  const inside = errors.filter(({ path }) => path.startsWith("input"));
  return html`<div class="field-body">
    <label class="visually-hidden" for=${`${id}-json`}>Input (JSON)</label>
    <textarea
      id=${`${id}-json`}
      class="code"
      rows=${Math.min(30, Math.max(8, shown.split("\n").length + 1))}
      spellcheck=${false}
      autocapitalize="off"
      value=${shown}
      aria-describedby=${`${id}-json-fault`}
      aria-invalid=${fault || inside.length ? "true" : undefined}
      onInput=${(event) => onType(event.target.value)}
    ></textarea>
    <div class="json-end">
      <span class="field-fault" id=${`${id}-json-fault`}>
        ${fault && `Line ${fault.line}, column ${fault.column}: ${fault.message}.`}
      </span>
      ${free && !fault && html`<span class="field-hint">${FREE}</span>`}
      <button
        type="button"
        class="small plain"
        disabled=${fault !== null || !shown.trim()}
        onClick=${() => onType(formatted(shown))}
      >
        Format
      </button>
    </div>
  </div>`;
}

function Options({ id, machine, state, change }) {
  const cases = machine.cases ?? [];
  const fault = state.errors.find(({ path }) => path === "name")?.message;
  return html`<div class="start-options">
    <div class="field">
      <div class="field-name"><label for=${`${id}-name`}>Execution's name</label></div>
      <div class="field-body">
        <input
          id=${`${id}-name`}
          value=${state.name}
          autocomplete="off"
          spellcheck=${false}
          placeholder="made up if empty"
          aria-invalid=${fault ? "true" : undefined}
          aria-describedby=${`${id}-name-fault`}
          onInput=${(event) => change({ name: event.target.value })}
        />
        <p class="field-fault" id=${`${id}-name-fault`}>${fault}</p>
      </div>
    </div>
    ${
      cases.length > 0 &&
      html`<div class="field">
        <div class="field-name"><label for=${`${id}-case`}>Test case</label></div>
        <div class="field-body">
          <select
            id=${`${id}-case`}
            value=${state.testCase}
            onChange=${(event) => change({ testCase: event.target.value })}
          >
            <option value="">None</option>
            ${cases.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
          </select>
          <p class="field-hint">Its mocks answer the tasks.</p>
        </div>
      </div>`
    }
  </div>`;
}

// Once what is wrong is drawn, the first field at fault has the focus, else what is said of it all.
function useFaults(form, { errors, problem, told }, change) {
  useLayoutEffect(() => {
    if (told !== false) return;
    change({ told: true });
    if (focusFault(form.current)) return;
    const said = form.current.querySelector(".problem");
    said?.setAttribute("tabindex", "-1");
    said?.focus();
  }, [errors, problem, told]);
}

// One try. The same input again, where no answer came, is the same start: it has the same key.
async function attempt(machine, schema, state, { change, onStarted, draft }) {
  const { value, text, name, testCase } = state;
  const errors = check(value, schema ?? {}, "input");
  if (errors.length > 0) {
    change({ errors, problem: refusal(errors), told: false });
    return;
  }
  const input = text === null ? write(value ?? {}) : text;
  const body = JSON.stringify([input, name, testCase]);
  if (draft.body !== body) Object.assign(draft, { body, key: crypto.randomUUID() });
  change({ busy: true, errors: [], problem: null, outcome: null });
  try {
    const express = machine.type === "EXPRESS";
    const asked = { input, executionName: name, testCase, express, key: draft.key };
    const answer = await start(qualified(machine), asked);
    draft.body = null;
    change({ busy: false, outcome: express ? answer : null });
    if (!express) onStarted(answer.execution);
  } catch (error) {
    if (error.status) draft.body = null;
    change({ busy: false, errors: error.errors ?? [], problem: error, told: false });
  }
}

function refusal(errors) {
  const places = errors.length === 1 ? "One part" : `${errors.length} parts`;
  return {
    title: `${places} of the input can't be sent as ${errors.length === 1 ? "it is" : "they are"}.`,
    errors,
  };
}

function qualified({ name, alias, version }) {
  const qualifier = alias ?? version;
  return qualifier && !name.includes(":") ? `${name}:${qualifier}` : name;
}
