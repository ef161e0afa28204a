// The tasks that wait, for people and for workers.

import { html, useState } from "../html.js";
import { href } from "../router.js";
import { Ago } from "../ui/ago.js";
import { StatusIcon } from "../ui/status.js";
import { factsOf } from "../ui/task_facts.js";
import { noneText } from "./waiting.js";

const FIRST = 5;

/** `note` says what else may wait, or null; `asOf` when it was so. */
export function WaitingTasks({ found, note, asOf }) {
  const [all, setAll] = useState(false);
  const people = found.tasks.filter(({ resource }) => !resource.startsWith("activity:"));
  const workers = found.tasks.filter(({ resource }) => resource.startsWith("activity:"));
  const shown = all ? people : people.slice(0, FIRST);
  const more = people.length - shown.length;
  return html`<section class="waiting" aria-labelledby="waiting">
    <header>
      <h2 id="waiting">
        ${people.length ? "Waits for an answer" : noneText(found)}
        ${people.length > 0 && html` <span class="count">${people.length}</span>`}
      </h2>
      ${asOf}
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
