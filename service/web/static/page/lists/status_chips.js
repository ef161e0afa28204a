// The statuses to choose from, with how many there are of each.

import { html, useRef } from "../html.js";
import { StatusIcon } from "../ui/status.js";
import { countText } from "./summary.js";

const ALWAYS = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];
const SELDOM = "PENDING_REDRIVE";
const STEP = { ArrowRight: 1, ArrowLeft: -1 };

/** `chosen` is a status or null for all; `counts` as lists have them, of all statuses. */
export function StatusChips({ chosen, counts, onChoose }) {
  const group = useRef();
  const seldom = chosen === SELDOM || counts?.by_status[SELDOM] > 0;
  const choices = [null, ...ALWAYS, ...(seldom ? [SELDOM] : [])];
  const step = (event) => {
    const by = STEP[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (choices.indexOf(chosen) + by + choices.length) % choices.length;
    onChoose(choices[next]);
    group.current.children[next].focus();
  };
  return html`<div class="chips" role="radiogroup" aria-label="Status" ref=${group} onKeyDown=${step}>
    ${choices.map(
      (status) =>
        html`<button
          key=${status}
          type="button"
          role="radio"
          aria-checked=${status === chosen}
          tabindex=${status === chosen ? 0 : -1}
          data-status=${status}
          onClick=${() => onChoose(status)}
        >
          ${status && html`<${StatusIcon} status=${status} />`} ${wordOf(status)}
          <span class="count">${countOf(status, counts)}</span>
        </button>`,
    )}
  </div>`;
}

function wordOf(status) {
  const word = (status ?? "All").toLowerCase().replaceAll("_", " ");
  return word[0].toUpperCase() + word.slice(1);
}

function countOf(status, counts) {
  if (!counts) return "";
  return countText(status ? (counts.by_status[status] ?? 0) : counts.total, counts.at_least);
}
