// What waits for somebody, over all executions that this service knows of.

import { html, useEffect, useState } from "../html.js";
import { href } from "../router.js";
import { client } from "../session.js";
import { Ago } from "../ui/ago.js";
import { StatusIcon } from "../ui/status.js";
import { factsOf } from "../ui/task_facts.js";
import { timeText } from "../ui/time.js";
import { listChanges } from "./list_changes.js";
import { missing, pauseMs } from "./waiting_facts.js";

const FIRST = 5;
const SOON_MS = 300;
const MOST = 200;

export function Waiting() {
  const { found, problem } = useWaiting();
  const [all, setAll] = useState(false);
  if (!found && problem) {
    return html`<p class="waiting-note quiet" role="status">What waits isn't known: ${problem.message}</p>`;
  }
  if (!found) return null;
  const people = found.tasks.filter(({ resource }) => !resource.startsWith("activity:"));
  const workers = found.tasks.filter(({ resource }) => resource.startsWith("activity:"));
  const shown = all ? people : people.slice(0, FIRST);
  const more = people.length - shown.length;
  const note = problem ? `Not looked for again: ${problem.message}` : missing(found);
  if (!found.tasks.length && !note) return null;
  return html`<section class="waiting" aria-labelledby="waiting">
    <header>
      <h2 id="waiting">
        ${people.length ? "Waits for an answer" : noneText(found)}
        ${people.length > 0 && html` <span class="count">${people.length}</span>`}
      </h2>
      <span class="quiet">as of <time datetime=${found.as_of}>${timeText(found.as_of)}</time></span>
    </header>
    ${people.length > 0 &&
    html`<ul>
      ${shown.map((task) => html`<${Task} key=${`${task.execution} ${task.event_id}`} task=${task} />`)}
    </ul>`}
    ${more > 0 &&
    html`<button type="button" class="plain" onClick=${() => setAll(true)}>Show ${more} more</button>`}
    <${Workers} tasks=${workers} />
    ${found.total > found.tasks.length &&
    html`<p class="quiet">${found.total - found.tasks.length} older ones aren't shown.</p>`}
    ${note && html`<p class="quiet">${note}</p>`}
  </section>`;
}

function noneText({ complete }) {
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

function Task({ task }) {
  const facts = factsOf(task);
  return html`<li class="waiting-task">
    <${StatusIcon} status="WAITING" />
    <a class="what" href=${href.execution(task.execution, task.state)} title=${task.state}>
      ${task.title ?? task.state}
    </a>
    <span class="facts-line">
      ${facts.map(
        ({ label, value }) =>
          html`<span key=${label}><span class="quiet">${label}</span> ${value}</span>`,
      )}
    </span>
    <span class="where quiet">
      <span>${task.state_machine}</span> <span class="name" title=${task.name}>${task.name}</span>
    </span>
    <span class="since quiet"><${Ago} at=${task.scheduled_at} title="Waits since" /></span>
  </li>`;
}

function Workers({ tasks }) {
  if (!tasks.length) return null;
  const name = (count) => `${count} ${count === 1 ? "task waits" : "tasks wait"} for a worker`;
  return html`<details class="workers">
    <summary>${name(tasks.length)}</summary>
    <ul>
      ${tasks.map(
        (task) => html`<${Task} key=${`${task.execution} ${task.event_id}`} task=${task} />`,
      )}
    </ul>
  </details>`;
}
