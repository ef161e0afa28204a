// The table of events: the whole history, of which only what is in sight is read and drawn.

import { html, useEffect, useMemo, useReducer, useRef, useState } from "../html.js";
import { client } from "../session.js";
import { Json } from "../ui/json.js";
import { Problem } from "../ui/problem.js";
import { readExact } from "../ui/read_exact.js";
import { sheet } from "../ui/sheet.js";
import { StatusIcon } from "../ui/status.js";
import { durationText, timeText } from "../ui/time.js";
import { VirtualList } from "../ui/virtual_list.js";
import { detailsOf, EventPages, gist, matches, toneOf, typeText } from "./event_pages.js";

await sheet("detail.css");

const HEIGHT = 30;

/**
 * `view` is `{execution, cursor}`; `selected` the state whose events alone are shown, null: all;
 * `focus` the number of the event shown in full, `onFocus(number or null)` chooses another.
 */
export function EventsTable({ id, view, selected, onSelect, focus = null, onFocus }) {
  const pages = usePages(id, view.cursor ?? view.execution.cursor);
  const [text, setText] = useState("");
  const [only, setOnly] = useState(true);
  const state = only ? selected : null;
  const filtered = text !== "" || state !== null;
  const whole = pages.loaded >= pages.total;
  useEffect(() => {
    if (filtered && !whole) pages.all();
  }, [filtered, whole, pages]);
  const found = useMemo(
    () => (filtered ? search(pages, text, state) : null),
    [pages, pages.loaded, filtered, text, state],
  );
  const count = found ? found.length : pages.total;
  const idAt = (index) => (found ? found[index].id : index + 1);
  const show = focus === null ? null : found ? found.findIndex((e) => e.id === focus) : focus - 1;
  const started = Date.parse(view.execution.started_at);
  return html`<section class="events" aria-label="Events">
    <${Search} ...${{ text, setText, selected, only, setOnly, pages, count, filtered, whole }} />
    ${pages.problem && html`<${Problem} problem=${pages.problem} />`}
    <div class="events-body">
      <${VirtualList}
        label="Events"
        count=${count}
        height=${HEIGHT}
        show=${show}
        onSight=${(first, last) => !found && pages.need(first + 1, last)}
        onKeyDown=${(event) => step(event, focus, onFocus, idAt, count, show)}
        row=${(index) => {
          const number = idAt(index);
          const event = pages.events.get(number);
          const chosen = number === focus;
          const reached = chosen || (index === 0 && focus === null);
          return html`<${Row} key=${number} ...${{ number, event, chosen, reached, started, onFocus }}
            state=${event && pages.stateOf(event)} />`;
        }}
      />
      ${focus !== null &&
      html`<${Detail} event=${pages.events.get(focus)} pages=${pages} ...${{ focus, onFocus, onSelect }} />`}
    </div>
  </section>`;
}

function usePages(id, cursor) {
  const [, changed] = useReducer((count) => count + 1, 0);
  const pages = useMemo(() => new EventPages(id, (...asked) => client.get(...asked), changed), [id]);
  if (cursor) pages.reach(cursor);
  useEffect(() => () => pages.close(), [pages]);
  return pages;
}

function search(pages, text, state) {
  const found = [];
  for (let id = 1; id <= pages.total; id += 1) {
    const event = pages.events.get(id);
    if (!event) continue;
    const own = pages.stateOf(event);
    if ((state === null || own === state) && matches(event, own, text)) found.push(event);
  }
  return found;
}

function Search({ text, setText, selected, only, setOnly, pages, count, filtered, whole }) {
  const said = filtered
    ? whole
      ? `${count} of ${pages.total} events`
      : `${count} found in ${pages.loaded} of ${pages.total} events…`
    : `${pages.total} events`;
  return html`<div class="events-search">
    <label class="visually-hidden" for="events-text">Search the events</label>
    <input
      id="events-text"
      type="search"
      data-filter
      placeholder="Search type, state or content"
      value=${text}
      onInput=${(event) => setText(event.target.value)}
    />
    ${selected !== null &&
    html`<label class="check">
      <input type="checkbox" checked=${only} onChange=${(e) => setOnly(e.target.checked)} /> Only
      ${" "}<strong>${selected}</strong>
    </label>`}
    <span class="quiet number" role="status">${said}</span>
  </div>`;
}

function Row({ number, event, state, chosen, reached, started, onFocus }) {
  if (!event) return html`<div class="event-row" role="listitem"><span class="number quiet">${number}</span></div>`;
  const at = Date.parse(event.timestamp);
  return html`<div class="event-row" role="listitem" data-selected=${chosen}>
    <button
      type="button"
      class="event-open"
      tabindex=${reached ? 0 : -1}
      aria-expanded=${chosen}
      data-number=${number}
      onClick=${() => onFocus(chosen ? null : number)}
    >
      <span class="number quiet">${number}</span>
      <time datetime=${event.timestamp} title=${event.timestamp}>+${durationText(at - started)}</time>
      <span class="event-type"><${Mark} type=${event.type} /><span>${typeText(event.type)}</span></span>
      <span class="event-state">${state}</span>
      <span class="event-gist quiet">${gist(event)}</span>
    </button>
  </div>`;
}

function Mark({ type }) {
  const status = toneOf(type);
  return status ? html`<${StatusIcon} status=${status} />` : html`<span class="dot"></span>`;
}

function step(event, focus, onFocus, idAt, count, at) {
  if (event.key === "Escape" && focus !== null) onFocus(null);
  const wanted = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (wanted === undefined) return;
  const here = Number(event.target.dataset.number);
  if (!here) return;
  event.preventDefault();
  const next = (focus === null ? -1 : at) + wanted;
  if (next < 0 || next >= count) return;
  const list = event.currentTarget;
  onFocus(idAt(next));
  requestAnimationFrame(() =>
    requestAnimationFrame(() => list.querySelector(`[data-number="${idAt(next)}"]`)?.focus()),
  );
}

function Detail({ event, focus, pages, onFocus, onSelect }) {
  const close = useRef();
  useEffect(() => {
    if (!event) pages.need(focus, focus);
  }, [focus, event, pages.total]);
  const state = event && pages.stateOf(event);
  const facts = event && Object.entries(detailsOf(event) ?? {});
  const payloads = facts?.filter(([name]) => PAYLOADS.has(name)) ?? [];
  const rest = facts?.filter(([name, value]) => !PAYLOADS.has(name) && !dull(value)) ?? [];
  return html`<aside class="event-detail" aria-label=${`Event ${focus}`}>
    <header>
      <h3>${focus} · ${event ? typeText(event.type) : "…"}</h3>
      <button type="button" class="icon" ref=${close} aria-label="Close" onClick=${() => onFocus(null)}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
      </button>
    </header>
    ${event &&
    html`<dl class="facts">
        <dt>Time</dt>
        <dd><time datetime=${event.timestamp} title=${event.timestamp}>${timeText(event.timestamp)}</time></dd>
        ${state &&
        html`<dt>State</dt>
          <dd><button type="button" class="link" onClick=${() => onSelect(state)}>${state}</button></dd>`}
        <dt>Follows</dt>
        <dd>
          ${event.previous_event_id
            ? html`<button type="button" class="link" onClick=${() => onFocus(event.previous_event_id)}>
                ${event.previous_event_id}
              </button>`
            : "nothing: it is the first"}
        </dd>
        ${rest.map(
          ([name, value]) =>
            html`<dt key=${`t${name}`}>${name.replaceAll("_", " ")}</dt>
              <dd key=${name}>${typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>`,
        )}
      </dl>
      ${payloads.map(([name, value]) => html`<${Payload} key=${name} name=${name} text=${value} />`)}`}
  </aside>`;
}

const PAYLOADS = new Set(["input", "output", "parameters", "cause", "assigned_variables"]);

// What says no more than that nothing was cut.
function dull(value) {
  return value === null || (typeof value === "object" && value.truncated === false);
}

function Payload({ name, text }) {
  const title = name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");
  return html`<${Json} title=${title} value=${parsed(text)} />`;
}

// A payload's text is JSON; a cause may be, or not.
function parsed(text) {
  if (typeof text !== "string") return text;
  try {
    return readExact(text);
  } catch {
    return text;
  }
}
