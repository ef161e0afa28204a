// The executions of one state machine: filtered, live, gone through by the arrow keys.

import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { go, href, useRoute } from "../router.js";
import { useMe } from "../session.js";
import { Stale } from "../ui/ago.js";
import { Empty, Skeleton } from "../ui/empty.js";
import { Problem } from "../ui/problem.js";
import { useRowKeys } from "../ui/row_keys.js";
import { sheet } from "../ui/sheet.js";
import { Time, timeText, useNow } from "../ui/time.js";
import { ExecutionRow } from "./execution_row.js";
import { FilterField } from "./filter_field.js";
import { OpenExecution } from "./open_execution.js";
import { matching, timesOf, withoutNew } from "./rows.js";
import { StatusChips } from "./status_chips.js";
import { TimeRange } from "./time_range.js";
import { useExecutions } from "./use_executions.js";
import { useList } from "./use_list.js";

await sheet("executions.css");

const DRAWN = 200;

/** `machine` is a name, with a version or an alias behind it or not. */
export function ExecutionsList({ machine }) {
  const { params, tab } = useRoute();
  const { status = null, name = "", started = "" } = params;
  const searching = Boolean(name || started);
  const list = useExecutions({ machine, status, searching });
  const counts = useCounts(machine, status, list);
  const now = useNow(started.endsWith("h") ? 60_000 : null);
  const times = useMemo(() => timesOf(started, now), [started, now]);
  const rows = useMemo(
    () => list.rows && matching(list.rows, { prefix: name, ...times }),
    [list.rows, name, times],
  );
  if (list.problem?.code === "unsupported_by_type") return html`<${Unlisted} machine=${machine} />`;
  const change = (some) =>
    go(href.machine(machine, tab, { ...params, ...some }), { replace: true });
  return html`<div class="executions">
    <div class="executions-tools">
      <${StatusChips} chosen=${status} counts=${counts} onChoose=${(chosen) => change({ status: chosen })} />
      <div class="tools">
        <${FilterField} label="Name begins with" value=${name} onChange=${(text) => change({ name: text })} />
        <${TimeRange} value=${started} onChange=${(range) => change({ started: range })} />
        <${OpenExecution} />
      </div>
    </div>
    ${list.problem && html`<${Problem} problem=${list.problem} />`}
    ${!list.rows && !list.problem && html`<${Skeleton} rows="8" />`}
    ${list.unlisted.map(({ detail }) => html`<p class="quiet" role="status">${detail}</p>`)}
    ${rows?.length === 0 && html`<${Nothing} machine=${machine} tab=${tab} params=${params} all=${list.rows} />`}
    ${rows?.length > 0 && html`<${Rows} key=${status} rows=${rows} />`}
    <${Foot} list=${list} searching=${searching} found=${rows} />
  </div>`;
}

// Of all statuses, whichever is chosen.
function useCounts(machine, status, list) {
  const all = useList({ machine, limit: 1 }, status !== null);
  return status === null ? list.counts : all.counts;
}

function Rows({ rows }) {
  const me = useMe();
  const keys = useRowKeys();
  const [top, away] = useAway();
  const ids = useRef([]);
  const [most, setMost] = useState(DRAWN);
  const [all, fresh] = away ? withoutNew(rows, ids.current) : [rows, 0];
  const shown = all.slice(0, most);
  useEffect(() => {
    ids.current = shown.map(({ execution }) => execution);
  });
  const versions = rows.some(({ version, alias }) => version || alias);
  const [jumps, setJumps] = useState(0);
  const toTop = () => {
    ids.current = [];
    setJumps(jumps + 1);
  };
  useEffect(() => {
    if (!jumps) return;
    const list = keys.list.ref.current;
    list.scrollIntoView({ block: "start" });
    list.querySelector("[data-row]")?.focus({ preventScroll: true });
  }, [jumps]);
  return html`<div class="executions-table" data-versions=${versions} ...${keys.list}>
    <span class="top-mark" ref=${top}></span>
    ${fresh > 0 &&
    html`<div class="fresh" role="status">
      <button type="button" class="primary" onClick=${toTop}>${fresh} new</button>
    </div>`}
    <div class="executions-head" aria-hidden="true">
      <span>Status</span><span>Name</span>${versions && html`<span>Version</span>`}<span>Started</span
      ><span class="number">Took</span><span></span>
    </div>
    <ul aria-label="Executions, newest first">
      ${shown.map(
        (row, at) =>
          html`<${ExecutionRow}
            key=${row.execution}
            row=${row}
            me=${me}
            versions=${versions}
            tab=${keys.tab(row.execution, at)}
          />`,
      )}
    </ul>
    ${all.length > most &&
    html`<button type="button" class="plain" onClick=${() => setMost(most + DRAWN)}>
      Show more of ${all.length.toLocaleString()}
    </button>`}
  </div>`;
}

// Whether the list's top is out of sight: then what comes on top mustn't move what is read.
function useAway() {
  const top = useRef();
  const [away, setAway] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setAway(!entry.isIntersecting));
    observer.observe(top.current);
    return () => observer.disconnect();
  }, []);
  return [top, away];
}

// Express executions.
function Unlisted({ machine }) {
  return html`<${Empty} title="AWS keeps no list of Express executions.">
    <p>One that is started here is run to its end, and shows what came of it.</p>
    <p><a class="button" href=${href.machine(machine, "start")}>Start one</a></p>
  <//>`;
}

function Nothing({ machine, tab, params, all }) {
  const { status, name, started } = params;
  if (!status && !name && !started) {
    return html`<${Empty} title="No execution yet.">
      <p><a class="button" href=${href.machine(machine, "start")}>Start one</a></p>
    <//>`;
  }
  const what = [status && `is ${status}`, name && `begins with “${name}”`, started && "started then"];
  const title = `Of the ${all.length} executions looked at, none ${what.filter(Boolean).join(" and ")}.`;
  const clear = () => go(href.machine(machine, tab), { replace: true });
  return html`<${Empty} title=${status && !name && !started ? `None ${what[0]}.` : title}>
    <p><button type="button" onClick=${clear}>Show all</button></p>
  <//>`;
}

function Foot({ list, searching, found }) {
  const { rows, next, loading, more, asOf, olderAsOf } = list;
  if (!rows) return null;
  const last = rows.at(-1);
  return html`<footer class="executions-foot quiet">
    ${(next || loading) &&
    html`<button type="button" disabled=${loading} onClick=${more}>
      ${loading ? "Loading…" : searching ? "Search further back" : "Load more"}
    </button>`}
    ${searching &&
    last &&
    html`<span role="status">
      ${found.length} of ${rows.length} looked at, back to <${Time} at=${last.started_at} />${next
        ? ""
        : ", which are all there are"}.
    </span>`}
    ${olderAsOf && html`<span>Below the newest 200 as of ${timeText(olderAsOf)}.</span>`}
    <${Stale} at=${asOf} />
  </footer>`;
}
