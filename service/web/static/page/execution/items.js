// A Map's items: those that failed first, with their numbers by status.

import { html, useEffect, useReducer, useState } from "../html.js";
import { href } from "../router.js";
import { client } from "../session.js";
import { Problem } from "../ui/problem.js";
import { sheet } from "../ui/sheet.js";
import { Status, StatusIcon } from "../ui/status.js";
import { Time, Took } from "../ui/time.js";

await sheet("detail.css");

const REFRESH_MS = 3000; // while it runs, as its counts change
const WORDS = {
  FAILED: "failed",
  RUNNING: "running",
  ABORTED: "aborted",
  SUCCEEDED: "succeeded",
};

/** `state` is the Map's name; `view` the execution's. */
export function MapItems({ id, state, view }) {
  const counts = view.states.get(state)?.items ?? null;
  const [status, setStatus] = useState(() => (counts?.failed ? "FAILED" : null));
  const list = useItems(id, state, status, counts);
  const known = list.counts ?? counts;
  return html`<section class="map-items" aria-label=${`Items of ${state}`}>
    <${Filter} counts=${known} status=${status} onStatus=${setStatus} />
    ${list.problem && html`<${Problem} problem=${list.problem} />`}
    ${list.unlisted && html`<p class="quiet">${list.unlisted}</p>`}
    ${!list.unlisted && list.items?.length === 0 && html`<p class="quiet">${noneText(status)}</p>`}
    ${list.items?.length > 0 &&
    html`<div class="scroll" tabindex="0" role="group" aria-label="Table">
      <table>
        <caption class="visually-hidden">Items of ${state}</caption>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">Status</th>
            <th scope="col">Started</th>
            <th scope="col" class="number">Took</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          ${list.items.map((item) => html`<${Item} key=${keyOf(item)} item=${item} parent=${id} />`)}
        </tbody>
      </table>
    </div>`}
    ${list.next &&
    html`<button type="button" disabled=${list.busy} onClick=${list.more}>More items</button>`}
  </section>`;
}

function noneText(status) {
  return status === null ? "No item has begun yet." : `No item is ${WORDS[status]} now.`;
}

function keyOf(item) {
  return item.execution ?? `${item.map_event_id}:${item.index}`;
}

function Filter({ counts, status, onStatus }) {
  const chip = (name, title, count) => html`<button
    key=${title}
    type="button"
    aria-pressed=${status === name}
    data-status=${name ?? undefined}
    onClick=${() => onStatus(name)}
  >
    ${name && html`<${StatusIcon} status=${name} />`} ${title}
    ${count != null && html` <span class="count">${count}</span>`}
  </button>`;
  return html`<div class="chips" role="group" aria-label="Which items">
    ${chip(null, "All", counts?.total)}
    ${Object.entries(WORDS).map(([name, word]) => chip(name, capital(word), counts?.[word]))}
  </div>`;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function Item({ item, parent }) {
  const name = item.execution
    ? html`<a href=${href.execution(item.execution, null, { parent })}>${item.name}</a>`
    : item.index === null
      ? "unknown"
      : `#${item.index}`;
  const around = item.within.map(({ state, index }) => (index === null ? state : `${state} #${index}`));
  return html`<tr>
    <th scope="row">
      ${name} ${around.length > 0 && html`<span class="quiet">in ${around.join(", ")}</span>`}
    </th>
    <td><${Status} status=${item.status} /></td>
    <td><${Time} at=${item.started_at} /></td>
    <td class="number"><${Took} start=${item.started_at} end=${item.stopped_at} /></td>
    <td class="fault">${[item.error, item.cause].filter(Boolean).join(": ")}</td>
  </tr>`;
}

// The pages read so far; the first is read again as the Map's counts change, and what is known of
// later ones stays.
function useItems(id, state, status, counts) {
  const [list, dispatch] = useReducer(taken, EMPTY);
  const read = async (page, signal) => {
    const asked = new URLSearchParams({ state });
    if (status) asked.set("status", status);
    if (page) asked.set("page", page);
    dispatch({ type: "busy" });
    try {
      const path = `v1/executions/${encodeURIComponent(id)}/items?${asked}`;
      const answer = await client.get(path, { signal });
      if (!signal?.aborted) dispatch({ type: page ? "more" : "first", answer });
    } catch (problem) {
      if (!signal?.aborted) dispatch({ type: "problem", problem });
    }
  };
  useEffect(() => dispatch({ type: "clear" }), [id, state, status]);
  useEffect(() => {
    const leaving = new AbortController();
    const timer = setTimeout(() => read(null, leaving.signal), list.items ? REFRESH_MS : 0);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [id, state, status, JSON.stringify(counts)]);
  return { ...list, more: () => read(list.next) };
}

const EMPTY = { items: null, counts: null, next: null, unlisted: null, problem: null, busy: false };

function taken(list, { type, answer, problem }) {
  if (type === "clear") return EMPTY;
  if (type === "busy") return { ...list, busy: true };
  if (type === "problem") return { ...list, busy: false, problem };
  const { items, counts, next_page: next, unlisted } = answer;
  const shared = { counts, unlisted, busy: false, problem: null };
  if (type === "more") return { ...list, ...shared, items: joined(list.items, items), next };
  // Where more than a page was read, what comes behind the first page stays.
  const kept = list.items !== null && list.items.length > items.length && list.next !== next;
  return kept
    ? { ...list, ...shared, items: joined(items, list.items) }
    : { ...list, ...shared, items, next };
}

/** Each item once, as the first list has it. */
export function joined(first, second) {
  const all = new Map();
  for (const item of [...first, ...second]) {
    const key = keyOf(item);
    if (!all.has(key)) all.set(key, item);
  }
  return [...all.values()];
}
