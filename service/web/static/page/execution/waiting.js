// What waits for somebody: a card each, with the question and the answers there are.

import { html, lazy, memo, useEffect, useState } from "../html.js";
import { href } from "../router.js";
import { client } from "../session.js";
import { Json } from "../ui/json.js";
import { written } from "../ui/json_lines.js";
import { sheet } from "../ui/sheet.js";
import { StatusIcon } from "../ui/status.js";
import { factsOf } from "../ui/task_facts.js";
import { durationText, Time, useNow } from "../ui/time.js";
import { Answer } from "./answer.js";
import { useRights } from "./service.js";

await sheet("asks.css");

const SHOWN = 4;
const LinkDialog = lazy(() => import("./link_dialog.js"), "LinkDialog");

/** `tasks` as the service tells them; `onSelect(state)` when a card's state is asked for. */
export function Waiting({ id, tasks, onSelect }) {
  const [all, setAll] = useState(false);
  const [decided, setDecided] = useState([]);
  const rights = useRights(id);
  const done = new Set(decided.map(({ eventId }) => eventId));
  const asked = useWhole(id, tasks).filter((task) => !done.has(task.event_id));
  const shown = all ? asked : asked.slice(0, SHOWN);
  const decide = (task, label) => {
    const row = { eventId: task.event_id, state: task.state, label, at: new Date().toISOString() };
    setDecided((before) => [row, ...before].slice(0, 20));
  };
  if (!asked.length && !decided.length) return html`<section class="asks" hidden></section>`;
  return html`<section class="asks" aria-label="Waiting for somebody">
    ${shown.map(
      (task) =>
        html`<${Card}
          key=${task.event_id}
          id=${id}
          task=${task}
          may=${rights.complete}
          onSelect=${onSelect}
          onDecided=${decide}
        />`,
    )}
    ${
      asked.length > shown.length &&
      html`<button type="button" class="plain" onClick=${() => setAll(true)}>
        Show ${asked.length - shown.length} more that wait
      </button>`
    }
    <ul class="decided" role="status">
      ${decided.slice(0, 3).map(
        ({ eventId, state, label, at }) =>
          html`<li key=${eventId}>
            <${StatusIcon} status="SUCCEEDED" /><span><strong>${label}</strong> · ${state}</span>
            <${Time} at=${at} />
          </li>`,
      )}
    </ul>
  </section>`;
}

// Tasks whose question or parameters found no room in the messages, as their list has them.
function useWhole(id, tasks) {
  const [read, setRead] = useState(new Map());
  const lacking = tasks.filter(isShort);
  const which = lacking.map((task) => task.event_id).join();
  useEffect(() => {
    if (!which) return undefined;
    const leaving = new AbortController();
    client.tasks.list(id, { signal: leaving.signal }).then(
      ({ tasks: found }) => setRead(new Map(found.map((task) => [task.event_id, task]))),
      () => undefined, // the cards say themselves what they don't show
    );
    return () => leaving.abort();
  }, [id, which]);
  return tasks.map((task) => (isShort(task) && read.get(task.event_id)) || task);
}

function isShort(task) {
  return task.question_omitted || task.parameters_omitted;
}

const Card = memo(function Card({ id, task, may, onSelect, onDecided }) {
  const [linking, setLinking] = useState(false);
  const activity = task.resource.startsWith("activity:");
  const title =
    task.title ||
    (activity ? `${task.state} waits for a worker` : `${task.state} waits for an answer`);
  const decided = (label) => onDecided(task, label);
  return html`<article class="card" data-status="WAITING" data-task=${task.event_id}>
    <h2><${StatusIcon} status="WAITING" />${title}</h2>
    <${When} task=${task} onSelect=${onSelect} />
    <${Facts} id=${id} task=${task} />
    ${activity && html`<p class="quiet">Workers of ${task.resource.slice(9)} answer it.</p>`}
    ${
      !activity && may &&
      html`<${Answer}
        task=${task}
        onDecided=${decided}
        onLink=${task.links.links && (() => setLinking(true))}
      />`
    }
    ${task.question_omitted && html`<p class="quiet">What is asked found no room here.</p>`}
    ${linking && html`<${LinkDialog} task=${task} onClose=${() => setLinking(false)} />`}
  </article>`;
});

function When({ task, onSelect }) {
  const now = useNow(1000);
  const since = now - Date.parse(task.scheduled_at);
  const { timeout_at: until, heartbeat_seconds: beat } = task;
  return html`<p class="card-when">
    <button type="button" class="link" onClick=${() => onSelect(task.state)}>${task.state}</button>
    <span title=${task.scheduled_at}>for <span class="took">${durationText(since)}</span></span>
    ${until && html`<span>until <${Time} at=${until} /></span>`}
    ${beat && html`<span>heartbeat every ${durationText(beat * 1000)}</span>`}
  </p>`;
}

function Facts({ id, task }) {
  const { facts = [], parameters, parameters_omitted: omitted } = task;
  if (facts.length) return html`<${FactList} facts=${facts} />`;
  if (omitted) {
    const there = href.execution(id, task.state, { tab: "events", event: task.event_id });
    return html`<p class="quiet">
      What it was given is too large to be shown here:
      <a href=${there}> event ${task.event_id}</a> has it.
    </p>`;
  }
  if (parameters === null || parameters === undefined) return null;
  const given = factsOf({ parameters });
  return html`${given.length > 0 && html`<${FactList} facts=${given} />`}
    <details class="card-given">
      <summary>What it was given</summary>
      <${Json} title="Parameters" value=${parameters} />
    </details>`;
}

function FactList({ facts }) {
  return html`<dl class="card-facts">
    ${facts.map(
      ({ label, value, missing }) =>
        html`<div key=${label}>
          <dt>${label}</dt>
          <dd>${missing ? html`<span class="quiet">${missing}</span>` : factText(value)}</dd>
        </div>`,
    )}
  </dl>`;
}

function factText(value) {
  return typeof value === "string" ? value : written(value, 0);
}
