// The page's frame: the catalogue, and the room the address names (#/machines/x, #/executions/x:y).

import { api, session, signOut, token } from "./api.js";
import { el, problemBox } from "./dom.js";
import { showExecution } from "./execution.js";
import { showMachine } from "./machine.js";

const catalogue = document.getElementById("catalogue");
const main = document.getElementById("main");
let leave = () => {};
let machines = [];
let loading;

async function loadCatalogue() {
  catalogue.replaceChildren(el("p", { class: "quiet" }, "Loading…"));
  try {
    machines = (await api.machines()).state_machines;
  } catch (problem) {
    const again = el("button", { type: "button", onclick: reload }, "Try again");
    catalogue.replaceChildren(problemBox(problem), again);
    return;
  }
  catalogue.replaceChildren(
    el("h2", {}, "State machines"),
    machines.length
      ? el("ul", {}, machines.map(catalogueLine))
      : el("p", { class: "quiet" }, "None yet."),
  );
  markCurrent();
}

function catalogueLine(machine) {
  return el(
    "li",
    {},
    el(
      "a",
      { href: `#/machines/${encodeURIComponent(machine.name)}`, "data-machine": machine.name },
      el("span", { class: "name" }, machine.name),
      el("span", { class: "type" }, machine.type),
      machine.description ? el("span", { class: "quiet" }, machine.description) : null,
    ),
  );
}

function place() {
  const [kind, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  try {
    return { kind, name: decodeURIComponent(rest.join("/")) };
  } catch {
    return { kind: "", name: "" };
  }
}

function markCurrent() {
  const { kind, name } = place();
  const machine = kind === "executions" ? name.split(/[:/]/)[0] : name;
  for (const link of catalogue.querySelectorAll("a")) {
    if (link.dataset.machine === machine) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function route() {
  leave();
  leave = () => {};
  const { kind, name } = place();
  main.replaceChildren();
  document.title = name ? `${name} · Handrail` : "Handrail";
  if (kind === "machines" && name) leave = showMachine(main, name, () => listed(name));
  else if (kind === "executions" && name) leave = showExecution(main, name);
  else welcome();
  markCurrent();
}

function reload() {
  loading = loadCatalogue();
}

async function listed(name) {
  await loading;
  return machines.find((machine) => machine.name === name);
}

function welcome() {
  main.append(
    el("h1", {}, "Executions, live"),
    el("p", {}, "Choose a state machine to start an execution, or one of its executions to watch."),
    el(
      "form",
      { class: "inline", onsubmit: openExecution },
      el("label", { for: "open" }, "Execution"),
      el("input", {
        id: "open",
        name: "execution",
        placeholder: "state-machine:name",
        required: true,
      }),
      el("button", { type: "submit" }, "Watch"),
    ),
  );
}

function openExecution(event) {
  event.preventDefault();
  const id = new FormData(event.target).get("execution").trim();
  location.hash = `#/executions/${encodeURIComponent(id).replaceAll("%3A", ":")}`;
}

function skip(event) {
  event.preventDefault();
  main.focus();
}

function showSignOut() {
  document.getElementById("sign-out").hidden = token() === null;
}

function leaveSession() {
  signOut();
  location.reload();
}

session.addEventListener("changed", showSignOut);
document.getElementById("sign-out").addEventListener("click", leaveSession);
showSignOut();
document.querySelector("[data-skip]").addEventListener("click", skip);
globalThis.addEventListener("hashchange", () => {
  route();
  main.focus({ preventScroll: true });
});
reload();
route();
