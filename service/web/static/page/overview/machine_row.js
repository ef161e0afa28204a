// One state machine in the overview: its list of executions is followed while it is in sight.

import { html, memo, useEffect, useRef, useState } from "../html.js";
import { countText, FAILED, typicalMs } from "../lists/summary.js";
import { useList } from "../lists/use_list.js";
import { href } from "../router.js";
import { Ago, Stale } from "../ui/ago.js";
import { StatusDots } from "../ui/status_dots.js";
import { durationText } from "../ui/time.js";
import { listChanges } from "./list_changes.js";

const NEWEST = 20;
const NEAR = "300px";

export const MachineRow = memo(function MachineRow({ machine, tab }) {
  const { name, type, description } = machine;
  const [row, near] = useNear();
  const express = type === "EXPRESS";
  const list = useLast(useList({ machine: name, limit: NEWEST }, near && !express));
  useEffect(() => {
    if (list.rows) listChanges.dispatchEvent(new Event("changed"));
  }, [list.rows]);
  return html`<li class="machine" data-line ref=${row}>
    <div class="machine-name">
      <a href=${href.machine(name)} data-row=${name} tabindex=${tab}>${name}</a>
      ${express && html` <span class="tag">Express</span>`}
      ${description && html`<p class="quiet" title=${description}>${description}</p>`}
    </div>
    ${express
      ? html`<p class="machine-note quiet">AWS keeps no list of Express executions.</p>`
      : html`<${Results} list=${list} />`}
  </li>`;
});

// Whether it is in sight, or nearly.
function useNear() {
  const row = useRef();
  const [near, setNear] = useState(false);
  useEffect(() => {
    const seen = ([entry]) => setNear(entry.isIntersecting);
    const observer = new IntersectionObserver(seen, { rootMargin: NEAR });
    observer.observe(row.current);
    return () => observer.disconnect();
  }, []);
  return [row, near];
}

// What was known before stays while it is asked for again.
function useLast(list) {
  const last = useRef(list);
  if (list.rows || list.problem || list.unlisted.length) last.current = list;
  return last.current;
}

function Results({ list }) {
  const { rows, counts, asOf, problem, unlisted } = list;
  const said = problem?.message ?? unlisted[0]?.detail;
  if (!rows?.length && said) return html`<p class="machine-note quiet">${said}</p>`;
  if (!rows) return html`<p class="machine-note"><span class="loading" role="img" aria-label="Loading"></span></p>`;
  if (!rows.length) return html`<p class="machine-note quiet">No execution yet.</p>`;
  const failed = rows.filter(({ status }) => FAILED.has(status)).length;
  return html`<div class="machine-dots"><${StatusDots} rows=${rows} /><${Stale} at=${asOf} /></div>
    <${Running} counts=${counts} />
    <${Fact} name="failed" tone=${failed ? "FAILED" : null} title=${`of the newest ${rows.length}`}>
      ${failed || null}
    <//>
    <${Fact} name="typical" title="The middle of the newest that succeeded">
      ${durationText(typicalMs(rows) ?? NaN) || null}
    <//>
    <${Fact} name="last start"><${Ago} at=${rows[0].started_at} /><//>`;
}

function Running({ counts }) {
  const running = counts?.by_status.RUNNING ?? 0;
  const title = counts?.at_least ? `of the newest ${counts.total.toLocaleString()}` : undefined;
  return html`<${Fact} name="running" tone=${running ? "RUNNING" : null} title=${title}>
    ${running ? countText(running, counts.at_least) : null}
  <//>`;
}

// On a phone the name stands behind it; on a wide screen in the column's head, which is for eyes only.
function Fact({ name, tone, title, children }) {
  const none = children === null || children?.length === 0;
  return html`<p class="machine-fact number" data-status=${tone} data-none=${none} title=${title}>
    ${none ? html`<span aria-hidden="true">–</span>` : children}
    <span class="fact-name">${none ? `none ${name}` : ` ${name}`}</span>
  </p>`;
}
