// The timeline: when the execution was in which state.

import { html, memo, useCallback, useMemo, useRef, useState } from "../html.js";
import { Problem } from "../ui/problem.js";
import { Status } from "../ui/status.js";
import { durationText, timeText, useNow } from "../ui/time.js";
import { roomFor, ticks, timeScale } from "./time_scale.js";
import { barsOf, rowsOf } from "./timeline_rows.js";
import { useTimeline } from "./use_timeline.js";

const FOLDED_FROM = 13; // so many states inside are folded away at first

/**
 * `view` is `{execution, states: Map}`; `nodes` are those of the machine's graph, for what stands
 * in what; `selected` a state's name or null.
 */
export function Timeline({ view, nodes = [], selected, onSelect }) {
  const { execution, states } = view;
  const { visits, total, problem } = useTimeline(execution.execution, view);
  const [compress, setCompress] = useState(true);
  const [turned, setTurned] = useState(() => new Map());
  const running = execution.status === "RUNNING";
  const now = useNow(running ? 1000 : null);
  const parents = useMemo(() => new Map(nodes.map((node) => [node.id, node.parent])), [nodes]);
  const folded = (name, children) => turned.get(name) ?? children >= FOLDED_FROM;
  const rows = useMemo(
    () => rowsOf(states, parents, visits, folded),
    [states, parents, visits, turned],
  );
  const fold = useCallback((name, value) => setTurned((all) => new Map([...all, [name, value]])), []);
  const { start, end, last } = spanOf(execution, visits, now);
  const axis = useMemo(() => axisOf(start, end, visits, compress), [start, end, visits, compress]);
  if (states.size === 0) return html`<p class="quiet">No state was entered yet.</p>`;
  return html`<section class="timeline" aria-label="Timeline">
    ${problem && html`<${Problem} problem=${problem} />`}
    ${total > visits.length &&
    html`<p class="quiet">The first ${visits.length} of ${total} visits are shown.</p>`}
    <${Axis} axis=${axis} compress=${compress} onCompress=${setCompress} />
    <${Rows} ...${{ rows, axis, now: last, selected, onSelect, fold }} />
  </section>`;
}

function spanOf(execution, visits, now) {
  const start = Date.parse(execution.started_at);
  const stopped = execution.stopped_at ? Date.parse(execution.stopped_at) : null;
  // The service's clock may be ahead of this one.
  let last = stopped ?? Math.max(now, start);
  for (const visit of visits) last = Math.max(last, Date.parse(visit.exited_at ?? visit.entered_at));
  const end = stopped === null ? start + roomFor(last - start) : Math.max(last, start + 1);
  return { start, end, last };
}

function axisOf(start, end, visits, compress) {
  const times = visits.flatMap((visit) => [visit.entered_at, visit.exited_at]);
  const known = times.filter(Boolean).map(Date.parse);
  return { start, end, scale: timeScale(start, end, known, { compress }) };
}

function Axis({ axis, compress, onCompress }) {
  const { start, end, scale } = axis;
  const place = (share) => ({ left: `${share * 100}%` });
  return html`<div class="timeline-axis">
    ${scale.compressible
      ? html`<label class="check">
          <input
            type="checkbox"
            checked=${compress}
            onChange=${(event) => onCompress(event.target.checked)}
          />
          Shorten waits
        </label>`
      : html`<span></span>`}
    <div class="timeline-ticks" aria-hidden="true">
      ${ticks(start, end, scale).map(
        (ms) => html`<span key=${ms} style=${place(scale.at(start + ms))}>${tickText(ms)}</span>`,
      )}
      ${scale.breaks.map(
        ({ from, to, left, width }) =>
          html`<span key=${`b${from}`} class="break" style=${place(left + width / 2)}>
            ${durationText(to - from)}
          </span>`,
      )}
    </div>
  </div>`;
}

function tickText(ms) {
  return ms === 0 ? "0" : durationText(ms).replace(/\.0 s$/, " s").replace(/ 00 [smh]$/, "");
}

function Rows({ rows, axis, now, selected, onSelect, fold }) {
  const list = useRef();
  const at = rows.findIndex((row) => row.name === selected);
  const step = useCallback((event) => {
    const names = [...list.current.querySelectorAll(".timeline-row")];
    const here = names.indexOf(event.target.closest(".timeline-row"));
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: names.length - 1 }[event.key];
    if (here < 0 || to === undefined || !names[to]) return;
    event.preventDefault();
    names[to].querySelector(".timeline-name").focus();
  }, []);
  return html`<ol class="timeline-rows" ref=${list} onKeyDown=${step}>
    ${rows.map((row, index) => {
      const reached = index === Math.max(at, 0);
      return html`<${Row}
        key=${row.name}
        ...${row}
        axis=${axis}
        now=${row.state.running ? now : 0}
        chosen=${row.name === selected}
        reached=${reached}
        onSelect=${onSelect}
        fold=${fold}
      />`;
    })}
  </ol>`;
}

const Row = memo(function Row(props) {
  const { name, state, depth, children, folded, visits, axis, now, chosen } = props;
  const { reached, onSelect, fold } = props;
  const took = tookOf(state, now);
  const inside = folded ? ` ${children} inside` : "";
  const times = state.entered > 1 ? ` ×${state.entered}` : "";
  const label = `${name}${inside}${times}, ${state.status}, ${took}`;
  return html`<li class="timeline-row" data-selected=${chosen} style=${{ "--depth": depth }}>
    ${children > 0 &&
    html`<button
      type="button"
      class="fold"
      tabindex="-1"
      aria-expanded=${!folded}
      aria-label=${`${folded ? "Show" : "Hide"} the ${children} states in ${name}`}
      onClick=${() => fold(name, !folded)}
    ></button>`}
    <button
      type="button"
      class="timeline-name"
      tabindex=${reached ? 0 : -1}
      aria-pressed=${chosen}
      aria-label=${label}
      title=${name}
      onClick=${() => onSelect(name)}
      onKeyDown=${(event) => {
        const wanted = { ArrowRight: false, ArrowLeft: true }[event.key];
        if (children > 0 && wanted !== undefined) fold(name, wanted);
      }}
    >
      <span class="name">${name}</span>
      ${folded && html`<span class="count">${children} inside</span>`}
      ${state.entered > 1 && html`<span class="count">×${state.entered}</span>`}
    </button>
    <${Status} status=${state.status} />
    <${Bars} visits=${visits} axis=${axis} now=${now} onClick=${() => onSelect(name)} />
    <span class="took number">${took}</span>
  </li>`;
});

// A running one counts on; of many visits it is from the first entry to the last change.
function tookOf(state, now) {
  const end = state.running ? now : Date.parse(state.last_changed_at);
  return durationText(Math.max(0, end - Date.parse(state.first_entered_at)));
}

function Bars({ visits, axis, now, onClick }) {
  const { scale } = axis;
  return html`<div class="timeline-bars" aria-hidden="true" onClick=${onClick}>
    ${scale.breaks.map(
      ({ from, left, width }) =>
        html`<i
          key=${`b${from}`}
          class="break"
          style=${{ left: `${left * 100}%`, width: `${width * 100}%` }}
        ></i>`,
    )}
    ${barsOf(visits, scale, now).map(
      ({ key, left, width, status, count, first, last }) =>
        html`<i
          key=${key}
          class="timeline-bar"
          data-status=${status}
          data-many=${count > 1}
          style=${{ left: `${left * 100}%`, width: `${width * 100}%` }}
          title=${barText({ status, count, first, last }, now)}
        ></i>`,
    )}
  </div>`;
}

function barText({ status, count, first, last }, now) {
  const times = `${timeText(first.entered_at)} – ${last.exited_at ? timeText(last.exited_at) : "now"}`;
  if (count > 1) return `${count} visits, ${status}: ${times}`;
  const ms = (first.exited_at ? Date.parse(first.exited_at) : now) - Date.parse(first.entered_at);
  const tries = first.attempts > 1 ? `, ${first.attempts} attempts` : "";
  const item = first.iteration != null ? `, item ${first.iteration}` : "";
  return `${status}${item}, ${durationText(ms)}${tries}: ${times}`;
}
