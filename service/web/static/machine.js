// One state machine: its start form, its recent executions, its definition.

import { api, bodyOf, newKey } from "./api.js";
import { el, jsonBlock, pill, pretty, problemBox } from "./dom.js";
import { between, failure, time } from "./format.js";

const PAGE = 20;

/** Fills `main`; answers what to do on leaving. `listed()` is a promise of the catalogue's line. */
export function showMachine(main, name, listed) {
  const room = el("div", { class: "stack" });
  main.append(el("h1", {}, name), room);
  let here = true;
  load(room, name, listed, () => here);
  return () => {
    here = false;
  };
}

async function load(room, name, listed, isHere) {
  let machine;
  try {
    const detail = await api.machine(name);
    machine = { ...(await listed()), ...detail, name };
  } catch (problem) {
    if (isHere()) room.replaceChildren(problemBox(problem));
    return;
  }
  if (!isHere()) return;
  const express = machine.type === "EXPRESS";
  room.replaceChildren(
    el("p", { class: "quiet" }, [machine.type, machine.description].filter(Boolean).join(" · ")),
    startForm(machine, express),
    ...(express ? [] : [recent(name)]),
    ...about(machine),
  );
}

function about(machine) {
  const parts = {
    Definition: machine.definition,
    "Input schema": machine.input_schema,
    Cost: machine.cost,
  };
  const { lint } = machine;
  if (Array.isArray(lint) && lint.length) parts["Lint findings"] = lint;
  const known = Object.entries(parts).filter(([, value]) => value !== null && value !== undefined);
  return known.map(([title, value]) => jsonBlock(title, value));
}

function startForm(machine, express) {
  const example = machine.input_schema?.examples?.[0] ?? {};
  const input = el("textarea", {
    id: "input",
    rows: "8",
    spellcheck: "false",
    "aria-describedby": "start-result",
  });
  input.value = pretty(example);
  const name = el("input", {
    id: "name",
    autocomplete: "off",
    maxlength: "80",
  });
  const button = el(
    "button",
    { type: "submit", class: "primary" },
    express ? "Start and wait" : "Start",
  );
  const result = el("div", { id: "start-result", class: "result" });
  const form = el(
    "form",
    { class: "start", "aria-label": "Start an execution" },
    el(
      "div",
      { class: "fields" },
      el("label", { for: "input" }, "Input (JSON)"),
      input,
      el("label", { for: "name" }, "Name (made up if empty)"),
      name,
      el("div", { class: "actions" }, button),
    ),
    result,
  );
  let key = newKey();
  form.addEventListener("input", () => {
    key = newKey();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    result.replaceChildren(el("p", { class: "quiet", role: "status" }, "Starting…"));
    try {
      const given = name.value ? { name: JSON.stringify(name.value) } : {};
      await start(machine.name, express, bodyOf({ input: input.value, ...given }), key, result);
      key = newKey();
    } catch (problem) {
      result.replaceChildren(problemBox(problem));
    } finally {
      button.disabled = false;
    }
  });
  return el("section", {}, el("h2", {}, "Start an execution"), form);
}

async function start(machine, express, body, key, result) {
  if (express) {
    const outcome = await api.startSync(machine, body);
    result.replaceChildren(outcomeBox(outcome));
    return;
  }
  const execution = await api.start(machine, body, key);
  result.replaceChildren();
  location.hash = executionLink(execution.execution);
}

function outcomeBox(outcome) {
  return el(
    "div",
    { class: "stack", role: "status" },
    el("p", {}, pill(outcome.status), ` ${between(outcome.started_at, outcome.stopped_at)}`),
    failure(outcome) ? el("p", { class: "fault" }, failure(outcome)) : null,
    outcome.output === null || outcome.output === undefined
      ? null
      : jsonBlock("Output", outcome.output, { open: true }),
  );
}

function recent(machine) {
  const body = el("tbody");
  const note = el("div", { role: "status" });
  const older = el("button", { type: "button", hidden: true }, "Older");
  let next = null;
  const read = async (page) => {
    try {
      const list = await api.executions(machine, PAGE, page);
      if (page === null) body.replaceChildren();
      body.append(...list.executions.map(line));
      next = list.next_page;
      older.hidden = !next;
      note.replaceChildren(
        body.childElementCount ? "" : el("p", { class: "quiet" }, "No executions yet."),
      );
    } catch (problem) {
      note.replaceChildren(problemBox(problem));
    }
  };
  older.addEventListener("click", () => read(next));
  read(null);
  return el(
    "section",
    {},
    el(
      "div",
      { class: "heading" },
      el("h2", {}, "Recent executions"),
      el("button", { type: "button", onclick: () => read(null) }, "Refresh"),
    ),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["Execution", "Status", "Started", "Took"].map((title) =>
              el("th", { scope: "col", class: title === "Took" && "number" }, title),
            ),
          ),
        ),
        body,
      ),
    ),
    note,
    el("p", { class: "actions" }, older),
  );
}

function line(execution) {
  const took = execution.stopped_at ? between(execution.started_at, execution.stopped_at) : "";
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      el("a", { href: executionLink(execution.execution) }, execution.name),
    ),
    el("td", {}, pill(execution.status)),
    el("td", {}, time(execution.started_at)),
    el("td", { class: "number" }, took),
  );
}

function executionLink(id) {
  return `#/executions/${encodeURIComponent(id).replaceAll("%3A", ":")}`;
}
