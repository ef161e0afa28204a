// The executions that this one belongs to or started: one click away.

import { html, useEffect, useMemo, useState } from "../html.js";
import { href } from "../router.js";
import { client } from "../session.js";
import { useWatch } from "../watch.js";
import { Problem } from "../ui/problem.js";
import { sheet } from "../ui/sheet.js";
import { Status } from "../ui/status.js";
import { Took } from "../ui/time.js";

await sheet("detail.css");

const WATCHED = 8; // at once; the others' statuses are a click away
const STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";

/**
 * `states` of the machine that start executions are found by their resource in the graph's `nodes`;
 * `parent` is the execution whose item this one is, where the reader came from there.
 */
export function Children({ id, view, nodes = [], parent = null }) {
  const above = parent ?? parentOf(view.execution.input);
  const starting = useMemo(() => nodes.filter(startsExecutions).map((node) => node.id), [nodes]);
  const entered = starting.filter((name) => view.states.has(name));
  if (!above && entered.length === 0) return null;
  return html`<section class="children" aria-label="Related executions">
    ${above &&
    html`<p>
      Started by <a href=${href.execution(above)}>${above}</a>
    </p>`}
    ${entered.map(
      (name) => html`<${Started} key=${name} id=${id} state=${view.states.get(name)} />`,
    )}
  </section>`;
}

/** Whether a state's task is startExecution, of Step Functions itself or by AWS's SDK. */
export function startsExecutions({ resource }) {
  return /:states:::(aws-sdk:sfn|states):startExecution/.test(resource ?? "");
}

/** The execution that an input names as the one that started it, or null. */
export function parentOf(input) {
  const arn = input?.[STARTED_BY];
  const found = typeof arn === "string" && /^arn:[^:]+:states:[^:]*:[^:]*:(?:execution|express):(.+)$/.exec(arn);
  return found ? found[1] : null;
}

function Started({ id, state }) {
  const [{ children, older, problem }, setRead] = useState({ children: [] });
  useEffect(() => {
    const leaving = new AbortController();
    const asked = new URLSearchParams({ state: state.state });
    client
      .get(`v1/executions/${encodeURIComponent(id)}/visits?${asked}`, { signal: leaving.signal })
      .then(
        ({ visits, next_page: next }) =>
          setRead({
            children: visits.map((visit) => visit.child_execution).filter(Boolean),
            older: next !== null,
          }),
        (error) => leaving.signal.aborted || setRead({ children: [], problem: error }),
      );
    return () => leaving.abort();
  }, [id, state]);
  if (problem) return html`<${Problem} problem=${problem} />`;
  if (children.length === 0) return null;
  return html`<div>
    <h3>Started by ${state.state}</h3>
    <ul class="child-list">
      ${children.map((child, index) =>
        index < WATCHED
          ? html`<${Watched} key=${child} id=${child} />`
          : html`<li key=${child}><a href=${href.execution(child)}>${child}</a></li>`,
      )}
    </ul>
    ${older && html`<p class="quiet">Only the newest are listed.</p>`}
  </div>`;
}

function Watched({ id }) {
  const { execution } = useWatch(id, "status");
  return html`<li>
    <a href=${href.execution(id)}>${id}</a>
    <${Status} status=${execution.status} />
    <${Took} start=${execution.started_at} end=${execution.stopped_at} />
  </li>`;
}
