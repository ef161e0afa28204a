// The pending tasks of an execution, each with a form to settle it.

import { api, bodyOf } from "./api.js";
import { el, problemBox } from "./dom.js";
import { time } from "./format.js";

/** `{root, draw(tasks)}`. A task's form stays as it is while the task is pending. */
export function tasksList(id) {
  const list = el("ul", { class: "tasks" });
  const items = new Map();
  const root = el("section", { hidden: true }, el("h2", {}, "Pending tasks"), list);
  const draw = (tasks) => {
    const pending = new Set(tasks.map((task) => task.event_id));
    for (const [eventId, item] of items) {
      if (!pending.has(eventId)) {
        item.remove();
        items.delete(eventId);
      }
    }
    for (const task of tasks) {
      if (items.has(task.event_id)) continue;
      items.set(task.event_id, taskItem(id, task));
      list.append(items.get(task.event_id));
    }
    root.hidden = tasks.length === 0;
  };
  return { root, draw };
}

function taskItem(id, task) {
  const facts = [
    `since ${time(task.scheduled_at)}`,
    task.timeout_at && `until ${time(task.timeout_at)}`,
    task.heartbeat_seconds && `heartbeat every ${task.heartbeat_seconds} s`,
  ].filter(Boolean);
  return el(
    "li",
    {},
    el(
      "p",
      {},
      el("strong", {}, task.state),
      " ",
      el("code", {}, task.resource),
      " ",
      el("span", { class: "quiet" }, facts.join(", ")),
    ),
    el("details", {}, el("summary", {}, "Settle"), successForm(id, task), failureForm(id, task)),
  );
}

function successForm(id, task) {
  const field = `output-${task.event_id}`;
  const output = el("textarea", { id: field, rows: "3", spellcheck: "false", required: true });
  const body = () => bodyOf({ output: output.value });
  return settleForm(id, task, "success", "Send success", body, [
    el("label", { for: field }, "Output (JSON)"),
    output,
  ]);
}

function failureForm(id, task) {
  const error = el("input", { id: `error-${task.event_id}`, required: true, maxlength: "256" });
  const cause = el("input", { id: `cause-${task.event_id}` });
  const body = () => JSON.stringify({ error: error.value, cause: cause.value });
  const fields = [
    el("label", { for: error.id }, "Error"),
    error,
    el("label", { for: cause.id }, "Cause"),
    cause,
  ];
  return settleForm(id, task, "failure", "Send failure", body, fields);
}

function settleForm(id, task, outcome, title, body, fields) {
  const result = el("div", { role: "status" });
  const button = el("button", { type: "submit" }, title);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await api.settle(id, task.event_id, outcome, body());
      result.replaceChildren("Sent.");
    } catch (problem) {
      result.replaceChildren(problemBox(problem));
    } finally {
      button.disabled = false;
    }
  };
  return el(
    "form",
    { class: "stack", onsubmit: submit },
    fields,
    el("div", { class: "actions" }, button),
    result,
  );
}
