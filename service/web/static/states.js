// The live table of states. Rows are kept and their cells changed, so nothing jumps or loses focus.

import { el, pill, setPill, setText } from "./dom.js";
import { between, failure, time } from "./format.js";

const COUNTS = ["entered", "running", "succeeded", "failed", "caught", "retries"];
const UNDER_WAY = ["RUNNING", "WAITING", "RETRYING"];

/** `{root, draw(states), tick(stoppedAt)}`. */
export function statesTable() {
  const body = el("tbody");
  const empty = el("p", { class: "quiet" }, "No state entered yet.");
  const rows = new Map();
  const titles = ["State", "Status", ...COUNTS.map(capital), "Took", "Last error"];
  const numeric = new Set([...COUNTS.map(capital), "Took"]);
  const head = titles.map((title) =>
    el("th", { scope: "col", class: numeric.has(title) && "number" }, title),
  );
  const table = el(
    "table",
    { hidden: true },
    el("caption", {}, "States"),
    el("thead", {}, el("tr", {}, head)),
    body,
  );
  const draw = (states) => {
    const names = new Set(states.map((state) => state.state));
    for (const [name, row] of rows) {
      if (!names.has(name)) {
        row.root.remove();
        rows.delete(name);
      }
    }
    for (const state of states) {
      if (!rows.has(state.state)) {
        rows.set(state.state, newRow());
        body.append(rows.get(state.state).root);
      }
      drawRow(rows.get(state.state), state);
    }
    table.hidden = states.length === 0;
    empty.hidden = states.length > 0;
  };
  const tick = (stoppedAt) => rows.forEach((row) => drawTook(row, stoppedAt));
  return { root: el("section", { class: "scroll" }, table, empty), draw, tick };
}

function newRow() {
  const cells = {
    name: el("span"),
    type: el("span", { class: "type" }),
    status: pill(""),
    took: el("td", { class: "number" }),
  };
  for (const count of COUNTS) cells[count] = el("td", { class: "number" });
  cells.error = el("td", { class: "fault" });
  const root = el(
    "tr",
    {},
    el("th", { scope: "row" }, cells.name, " ", cells.type),
    el("td", {}, cells.status),
    COUNTS.map((count) => cells[count]),
    cells.took,
    cells.error,
  );
  return { root, cells, state: null };
}

function drawRow(row, state) {
  if (row.state === state) return;
  row.state = state;
  setText(row.cells.name, state.state);
  setText(row.cells.type, state.type);
  setPill(row.cells.status, state.status);
  for (const count of COUNTS) setText(row.cells[count], state[count] || "·");
  setText(row.cells.error, failure(state.last_error));
  row.cells.error.title = state.last_error?.cause ?? "";
  row.cells.took.title = `Entered ${time(state.first_entered_at)}, changed ${time(state.last_changed_at)}`;
}

function drawTook({ cells, state }, stoppedAt) {
  const end = UNDER_WAY.includes(state.status) ? stoppedAt : state.last_changed_at;
  setText(cells.took, between(state.first_entered_at, end));
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}
