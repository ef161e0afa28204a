// The head of an execution: what it is, how it stands, what may be done.

import { html, lazy, useState } from "../html.js";
import { go, href } from "../router.js";
import { client } from "../session.js";
import { CopyButton } from "../ui/copy_button.js";
import { MiddleCut } from "../ui/middle_cut.js";
import { Problem } from "../ui/problem.js";
import { Status } from "../ui/status.js";
import { Time, Took } from "../ui/time.js";
import { Connection } from "./connection.js";
import { Progress } from "./progress.js";
import { useRights } from "./service.js";

const REDRIVABLE = ["FAILED", "TIMED_OUT", "ABORTED"];
const REDRIVABLE_MS = 14 * 24 * 3600 * 1000; // AWS's own limit
const NOT_REDRIVABLE = "execution_not_redrivable";
const StopDialog = lazy(() => import("./dialogs.js"), "StopDialog");
const AgainDialog = lazy(() => import("./dialogs.js"), "AgainDialog");

export function Header({ id, view }) {
  const { execution, connection } = view;
  const [machine, ...rest] = id.split(":");
  const name = rest.join(":");
  return html`<header class="run-head">
    <div class="run-title">
      <${Status} status=${execution.status} live />
      <h1><span class="visually-hidden">${machine} / </span><${MiddleCut} text=${name} /></h1>
      <${CopyButton} text=${id} label="Copy the execution's id" />
    </div>
    <div class="run-facts">
      <${Facts} execution=${execution} />
      <${Connection} connection=${connection} execution=${execution} />
    </div>
    ${execution.status && html`<${Actions} id=${id} execution=${execution} machine=${machine} />`}
    <${Progress} execution=${execution} />
  </header>`;
}

function Facts({ execution }) {
  const { started_at: started, stopped_at: stopped, redrive_count: redrives } = execution;
  const version = [execution.version && `version ${execution.version}`, execution.alias];
  if (!started) return null;
  return html`<dl class="inline-facts">
    <div><dt>Took</dt><dd class="run-took"><${Took} start=${started} end=${stopped} /></dd></div>
    <div><dt>Started</dt><dd><${Time} at=${started} /></dd></div>
    ${redrives > 0 && html`<div><dt>Redriven</dt><dd>${redrives} ×</dd></div>`}
    ${
      execution.version &&
      html`<div><dt>By</dt><dd>${version.filter(Boolean).join(", ")}</dd></div>`
    }
    ${
      execution.replay_of &&
      html`<div>
        <dt>Again from</dt>
        <dd class="run-origin">
          <a href=${href.execution(execution.replay_of)} title=${execution.replay_of}>
            <${MiddleCut} text=${execution.replay_of.split(":").slice(1).join(":")} />
          </a>
        </dd>
      </div>`
    }
    ${
      execution.trace_id &&
      html`<div>
        <dt>Trace</dt>
        <dd class="run-trace"><${Trace} id=${execution.trace_id} link=${execution.links?.trace} /></dd>
      </div>`
    }
  </dl>`;
}

function Trace({ id, link }) {
  const shown = html`<code title=${id}>${id.slice(0, 8)}…</code>`;
  if (!link) return shown;
  return html`<a href=${link} target="_blank" rel="noreferrer">
    ${shown}<span aria-hidden="true"> ↗</span>
  </a>`;
}

function Actions({ id, execution, machine }) {
  const [dialog, setDialog] = useState(null);
  const [final, setFinal] = useState(null); // the try that is known to be the last
  const [redriving, setRedriving] = useState(false);
  const [problem, setProblem] = useState(null);
  const open = (which) => {
    setProblem(null);
    setDialog(which);
  };
  const rights = useRights(id);
  const offered = offers(execution, machine, rights);
  const close = () => setDialog(null);
  const redrive = async () => {
    setRedriving(true);
    setProblem(null);
    try {
      await client.redrive(id);
    } catch (refused) {
      setProblem(refused);
      if (refused.code === NOT_REDRIVABLE) setFinal(execution.redrive_count);
    }
    setRedriving(false);
  };
  return html`<div class="actions run-actions">
    ${
      offered.stop &&
      html`<button type="button" class="danger" onClick=${() => open("stop")}>Stop…</button>`
    }
    ${
      offered.redrive &&
      final !== execution.redrive_count &&
      html`<button type="button" disabled=${redriving} onClick=${redrive}>
        ${redriving ? "Redriving…" : "Redrive"}
      </button>`
    }
    ${
      offered.again &&
      html`<button type="button" onClick=${() => open("again")}>Start again…</button>`
    }
    ${
      execution.links?.console &&
      html`<a class="button" href=${execution.links.console} target="_blank" rel="noreferrer">
        AWS console<span aria-hidden="true"> ↗</span>
      </a>`
    }
    ${problem && html`<div class="run-refusal">
      <${Problem} problem=${problem} />
      <button type="button" onClick=${() => setProblem(null)}>Close</button>
    </div>`}
    ${dialog === "stop" && html`<${StopDialog} id=${id} onClose=${close} />`}
    ${
      dialog === "again" &&
      html`<${AgainDialog}
        id=${id}
        execution=${execution}
        onClose=${close}
        onStarted=${(started) => go(href.execution(started.execution))}
      />`
    }
  </div>`;
}

// Only what can be done: by the caller's rights, and by how it stands.
function offers({ status, stopped_at: stopped, links }, machine, rights) {
  const child = machine.includes("/"); // of a Map Run: AWS redrives the Map's execution only
  const recent = !stopped || Date.now() - Date.parse(stopped) < REDRIVABLE_MS;
  return {
    stop: rights.operate && status === "RUNNING" && links?.stop,
    redrive: rights.operate && !child && recent && REDRIVABLE.includes(status) && links?.redrive,
    again: rights.start && !child && links?.self,
  };
}
