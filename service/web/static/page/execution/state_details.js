// A state in full: what it does, how it went, its visits' data and events.

import { html, useEffect, useId, useMemo, useState } from "../html.js";
import { href } from "../router.js";
import { Skeleton } from "../ui/empty.js";
import { Json } from "../ui/json.js";
import { Problem } from "../ui/problem.js";
import { Status } from "../ui/status.js";
import { Tabs } from "../ui/tabs.js";
import { durationText, Time, timeText, Took } from "../ui/time.js";
import { Failure } from "./failure.js";
import { useVisits } from "./use_visits.js";
import { counted, stateDefinition, stateWords } from "./words.js";

const FIRST_EVENTS = 60;
const COUNTS = [
  ["entered", "Entered"],
  ["failed", "Failed"],
  ["caught", "Caught"],
  ["retries", "Retries"],
];

/** `state` is what the execution says of it, undefined where it wasn't entered. */
export function StateDetails({ id, name, state, machine, known, onClose, onItems }) {
  const [tab, setTab] = useState("data");
  const definition = useMemo(
    () => (machine ? stateDefinition(machine.definition, name) : null),
    [machine, name],
  );
  const log = useVisits(id, state);
  const [chosen, setChosen] = useState(null);
  const telling = useTelling(log, state);
  const visit = log.visits?.find(({ event_ids: [first] }) => first === chosen) ?? telling;
  const tabs = [
    ...(state ? [{ name: "data", title: "Data" }] : []),
    ...(visit ? [{ name: "events", title: "Events", count: visit.event_ids.length }] : []),
    ...(definition ? [{ name: "definition", title: "Definition" }] : []),
  ];
  const shown = tabs.some((one) => one.name === tab) ? tab : tabs[0]?.name;
  return html`<header class="inspector-head">
      <div>
        <h2>${name}</h2>
        <p class="quiet">
          ${[definition?.Type ?? state?.type, stateWords(definition)].filter(Boolean).join(" · ")}
        </p>
      </div>
      <button type="button" class="icon" aria-label="Close" title="Close" onClick=${onClose}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
      </button>
    </header>
    ${definition?.Comment && html`<p class="state-comment">${definition.Comment}</p>`}
    ${
      state
        ? html`<${Summary} state=${state} visit=${visit} onItems=${onItems} />
            <${VisitChooser} log=${log} state=${state} visit=${visit} onChoose=${setChosen} />`
        : known
          ? html`<p class="quiet">${
              !machine || definition
                ? "It wasn't entered."
                : "This state machine has no such state now, and the execution didn't enter one."
            }</p>`
          : html`<${Skeleton} rows="5" />`
    }
    ${
      tabs.length > 0 &&
      html`<${Tabs} label=${name} tabs=${tabs} chosen=${shown} onChoose=${setTab}>
        ${shown === "data" && html`<${Data} log=${log} visit=${visit} state=${state} />`}
        ${
          shown === "events" &&
          html`<${Events} key=${visit.event_ids[0]} id=${id} name=${name} ids=${visit.event_ids} />`
        }
        ${
          shown === "definition" &&
          html`<${Json} title="As the state machine is now" file=${name} value=${definition} />`
        }
      <//>`
    }`;
}

function Summary({ state, visit, onItems }) {
  const { items } = state;
  return html`<dl class="inline-facts state-facts">
    <div><dt>Status</dt><dd><${Status} status=${state.status} live /></dd></div>
    ${
      visit &&
      html`<div>
        <dt>Took</dt>
        <dd class="run-took"><${Took} start=${visit.entered_at} end=${visit.exited_at} /></dd>
      </div>`
    }
    ${visit?.attempts > 1 && html`<div><dt>Attempts</dt><dd>${visit.attempts}</dd></div>`}
    ${
      state.entered > 1 &&
      COUNTS.filter(([name]) => state[name] > 0).map(
        ([name, title]) => html`<div><dt>${title}</dt><dd>${state[name]} ×</dd></div>`,
      )
    }
    ${
      items &&
      html`<div>
        <dt>Items</dt>
        <dd>
          <button type="button" class="link" onClick=${onItems}>${itemsText(items)}</button>
        </dd>
      </div>`
    }
  </dl>`;
}

function itemsText({ total, succeeded, failed }) {
  const known = succeeded !== null && total !== null;
  const done = known ? `${succeeded} of ${total}` : total === null ? "show them" : `${total}`;
  return failed ? `${done}, ${failed} failed` : done;
}

const WRONG = new Set(["FAILED", "TIMED_OUT", "CAUGHT"]);
const READ_BACK = 1000; // visits: for one that failed, among others that went well since

// The visit that is shown unasked: of a state that failed the newest that did, else the newest.
function useTelling({ visits, more, loadMore }, state) {
  const status = WRONG.has(state?.status) ? state.status : null;
  const telling = visits?.find((visit) => visit.status === (status ?? visit.status));
  const read = visits?.length ?? 0;
  useEffect(() => {
    if (read > 0 && !telling && more && read < READ_BACK) loadMore();
  }, [read, telling, more]);
  return telling ?? visits?.[0];
}

// Which of several visits is shown: what `useTelling` says, unless the reader chose another.
function VisitChooser({ log, state, visit, onChoose }) {
  const id = useId();
  if (!visit || state.entered < 2) return null;
  const { visits, more, loadMore } = log;
  const at = visits.indexOf(visit);
  const choose = (index) => onChoose(visits[index].event_ids[0]);
  const select = (event) => {
    if (event.currentTarget.value !== "more") choose(Number(event.currentTarget.value));
    else loadMore();
  };
  const numberOf = (index) => state.entered - index;
  const step = { visits, choose };
  return html`<div class="visits">
    <label for=${id} class="visually-hidden">Visit</label>
    <${Step} ...${step} label="Newer visit" path="M10 3 5 8l5 5" at=${at - 1} />
    <select id=${id} value=${String(at)} onChange=${select}>
      ${visits.map(
        (one, index) =>
          html`<option key=${one.event_ids[0]} value=${String(index)}>
            ${visitText(one, numberOf(index), state.entered)}
          </option>`,
      )}
      ${more && html`<option value="more">Load older ones…</option>`}
    </select>
    <${Step} ...${step} label="Older visit" path="M6 3l5 5-5 5" at=${at + 1} />
  </div>`;
}

function Step({ label, path, at, visits, choose }) {
  return html`<button
    type="button"
    class="icon"
    aria-label=${label}
    title=${label}
    disabled=${!visits[at]}
    onClick=${() => choose(at)}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg>
  </button>`;
}

function visitText({ status, entered_at: at, exited_at: end, within }, number, entered) {
  const place = within.map(({ state, index }) => `${state} ${index ?? ""}`.trim());
  const took = end ? durationText(Date.parse(end) - Date.parse(at)) : "";
  const said = status.replaceAll("_", " ");
  const words = [`${number} of ${entered}`, said, ...place, timeText(at), took];
  return words.filter(Boolean).join(" · ");
}

function Data({ log, visit, state }) {
  if (log.problem && !visit) return html`<${Problem} problem=${log.problem} />`;
  if (log.childrenOf && !visit) {
    return html`<p class="quiet">
      It runs in the executions of ${log.childrenOf}'s items: each has its own page.
    </p>`;
  }
  if (!visit) return html`<${Skeleton} rows="4" />`;
  const file = `${visit.state}-${visit.event_ids[0]}`;
  const caught = visit.status === "CAUGHT";
  return html`<${Failure}
      error=${visit.error}
      cause=${visit.cause}
      caught=${caught}
      title=${caught ? "Error, caught" : "Error"}
    />
    <${Json}
      title="Input"
      file=${`${file}-input`}
      value=${visit.input}
      truncated=${visit.input_truncated}
    />
    ${
      visit.exited_at && (visit.status === "SUCCEEDED" || visit.output !== null)
        ? html`<${Json}
            title="Output"
            file=${`${file}-output`}
            value=${visit.output}
            truncated=${visit.output_truncated}
          />`
        : html`<p class="quiet">${visit.exited_at ? "It has no output." : "No output yet."}</p>`
    }
    ${log.problem && html`<${Problem} problem=${log.problem} />`}
    <p class="quiet visit-times">
      Entered <${Time} at=${visit.entered_at} />${
        visit.exited_at && html`, left <${Time} at=${visit.exited_at} />`
      }
      ${state.entered > 1 && visit.within.length > 0 && ` in ${visitPlace(visit)}`}
    </p>`;
}

function visitPlace({ within }) {
  const places = within.map(({ state, index }) => (index === null ? state : `${state} ${index}`));
  return places.join(", ");
}

function Events({ id, name, ids }) {
  const [all, setAll] = useState(false);
  const shown = all ? ids : ids.slice(0, FIRST_EVENTS);
  const count = counted(ids.length, "event");
  return html`<p class="quiet">${count} of the history.</p>
    <ul class="event-ids">
      ${shown.map(
        (event) =>
          html`<li key=${event}>
            <a href=${href.execution(id, name, { tab: "events", event })}>${event}</a>
          </li>`,
      )}
    </ul>
    ${
      shown.length < ids.length &&
      html`<button type="button" onClick=${() => setAll(true)}>Show all</button>`
    }`;
}
