// The head of the machine view: what it is, which version is shown, what an execution costs.

import { html } from "../html.js";
import { href } from "../router.js";
import { CopyButton } from "../ui/copy_button.js";
import { Menu } from "../ui/menu.js";
import { timeText } from "../ui/time.js";
import { baseOf } from "./read.js";

const TYPES = { STANDARD: "Standard", EXPRESS: "Express" };

export function Header({ machine, base, name, tab, mayStart }) {
  const states = machine.graph.nodes.length;
  return html`<header class="machine-head">
    <div class="machine-title">
      <h1>${baseOf(name)}</h1>
      <${CopyButton} text=${name} label="Copy the name" />
      <${Versions} machine=${machine} base=${base} name=${name} tab=${tab} />
      ${
        mayStart &&
        tab !== "start" &&
        html`<a class="button primary" href=${href.machine(name, "start")}
          >Start<span class="more"> an execution</span></a
        >`
      }
    </div>
    ${machine.description && html`<p class="machine-about">${machine.description}</p>`}
    <ul class="machine-facts">
      <li>${TYPES[machine.type] ?? machine.type}</li>
      <li>${states} state${states === 1 ? "" : "s"}</li>
      <li>${machine.cost.words}</li>
      ${machine.routes && html`<li>${routesText(machine)}</li>`}
    </ul>
  </header>`;
}

function routesText({ alias, routes }) {
  const shares = routes.map(({ version, weight }) =>
    weight === 100 ? `version ${version}` : `version ${version} (${weight} %)`,
  );
  return `${alias} runs ${shares.join(" and ")}`;
}

// The machine as it is now, its aliases and its versions; what isn't known isn't offered.
function Versions({ machine, base, name, tab }) {
  const { aliases, versions } = base ?? {};
  const known = (aliases?.length ?? 0) + (versions?.length ?? 0);
  if (!known && name === baseOf(name)) return null;
  const item = (label, qualifier, hint) => ({
    label,
    hint,
    href: href.machine(qualifier ? `${baseOf(name)}:${qualifier}` : baseOf(name), tab),
    checked: name === (qualifier ? `${baseOf(name)}:${qualifier}` : baseOf(name)),
  });
  const items = [
    item("As it is now", null),
    ...(aliases?.length ? [null] : []),
    ...(aliases ?? []).map(({ alias, created_at: at }) => item(alias, alias, timeText(at))),
    ...(versions?.length ? [null] : []),
    ...(versions ?? []).map(({ version, created_at: at }) =>
      item(`Version ${version}`, version, timeText(at)),
    ),
  ];
  const shown =
    machine.alias ?? (name === baseOf(name) ? "As it is now" : `Version ${machine.version}`);
  return html`<${Menu}
    label=${`Versions and aliases: ${shown}`}
    items=${items}
    align="start"
    buttonClass="small"
  >
    ${shown}<svg class="chevron" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M4 6l4 4 4-4" />
    </svg>
  <//>`;
}

/** Tasks that nobody answers on the embedded engine: their executions fail there. */
export function Unanswered({ machine, onSelect }) {
  const needed = machine.needs_stand_in ?? [];
  if (needed.length === 0) return null;
  return html`<details class="machine-notice">
    <summary>
      <strong
        >${needed.length === 1 ? "One task is" : `${needed.length} tasks are`} answered by nobody
        here</strong
      >
      <span
        >and fail${needed.length === 1 ? "s" : ""} on this engine, unless <code>stand_ins</code> of
        machine.json answers.</span
      >
    </summary>
    <ul>
      ${needed.map(
        ({ state, resource, reason }) =>
          html`<li key=${state}>
            <button type="button" class="link" onClick=${() => onSelect(state)}>${state}</button>
            <code>${resource}</code> <span class="quiet">${reason}</span>
          </li>`,
      )}
    </ul>
  </details>`;
}
