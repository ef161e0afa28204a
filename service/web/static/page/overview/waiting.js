// What waits for somebody, over all executions that this service knows of.

import { html, lazy, useEffect, useState } from "../html.js";
import { client } from "../session.js";
import { timeText } from "../ui/time.js";
import { listChanges } from "./list_changes.js";
import { missing, pauseMs } from "./waiting_facts.js";

const SOON_MS = 300;
const MOST = 200;
const WaitingTasks = lazy(() => import("./waiting_tasks.js"), "WaitingTasks"); // often none waits

export function Waiting() {
  const { found, problem } = useWaiting();
  if (!found && problem) {
    return html`<p class="waiting-note quiet" role="status">What waits isn't known: ${problem.message}</p>`;
  }
  if (!found) return null;
  const note = problem ? `Not looked for again: ${problem.message}` : missing(found);
  const asOf = html`<span class="quiet">
    as of <time datetime=${found.as_of}>${timeText(found.as_of)}</time>
  </span>`;
  if (found.tasks.length) return html`<${WaitingTasks} ...${{ found, note, asOf }} />`;
  if (!note) return null;
  return html`<section class="waiting" aria-labelledby="waiting">
    <header><h2 id="waiting">${noneText(found)}</h2>${asOf}</header>
    <p class="quiet">${note}</p>
  </section>`;
}

/** What is said where nobody is asked for an answer. */
export function noneText({ complete }) {
  return complete ? "Nothing waits for an answer" : "Nothing found yet that waits for an answer";
}

// Asked for again and again: at once where a list shows a change, and a while later, when what began
// may have come to wait; else now and then.
function useWaiting() {
  const [state, setState] = useState({});
  useEffect(() => {
    let timer;
    let over = false;
    let first = true;
    const later = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(tick, ms);
    };
    const ask = async () => {
      let next;
      try {
        next = { found: await client.get(`v1/tasks?limit=${MOST}${first ? "&wait=0.3" : ""}`) };
        first = false;
      } catch (problem) {
        next = { problem };
      }
      if (over) return;
      setState((before) => ({ ...before, problem: undefined, ...next }));
      later(pauseMs(next.found, Date.now() - changedAt));
    };
    const tick = () => (document.hidden ? later(1000) : ask());
    let changedAt = 0;
    const changed = () => {
      changedAt = Date.now();
      if (!first) later(SOON_MS);
    };
    listChanges.addEventListener("changed", changed);
    ask();
    return () => {
      over = true;
      clearTimeout(timer);
      listChanges.removeEventListener("changed", changed);
    };
  }, []);
  return state;
}
