// One execution, live: header, states, pending tasks, payloads.

import { api, seen, signIn, socketUrl, token } from "./api.js";
import { el, pretty, problemBox, setPill, setText } from "./dom.js";
import { between, failure, time } from "./format.js";
import { follow } from "./live.js";
import { statesTable } from "./states.js";
import { tasksList } from "./tasks.js";
import { apply, EMPTY } from "./view.js";

const CONNECTION = {
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting…",
  ended: "Ended",
};
const NO_TOKEN = [4002, 4401, 4408];
const REDRIVABLE = ["FAILED", "TIMED_OUT", "ABORTED"];

/** Fills `main`; answers what to do on leaving. */
export function showExecution(main, id) {
  const room = new ExecutionRoom(id);
  main.append(room.root);
  room.follow();
  return () => room.leave();
}

class ExecutionRoom {
  constructor(id) {
    this.id = id;
    this.view = EMPTY;
    this.connection = el("span", { class: "connection", role: "status" });
    this.status = setPill(el("span", { class: "pill", role: "status" }), "");
    this.facts = Object.fromEntries(
      ["Started", "Elapsed", "Redrives", "Version"].map((name) => [name, el("dd")]),
    );
    this.fault = el("p", { class: "fault", hidden: true });
    this.note = el("div");
    this.stop = el(
      "button",
      { type: "button", class: "danger", hidden: true, onclick: () => this.askToStop() },
      "Stop",
    );
    this.redrive = el(
      "button",
      { type: "button", hidden: true, onclick: () => this.doRedrive() },
      "Redrive",
    );
    this.states = statesTable();
    this.tasks = tasksList(id);
    this.payloads = { input: payload("Input"), output: payload("Output") };
    this.root = el(
      "div",
      { class: "stack" },
      this.head(),
      this.fault,
      this.note,
      this.states.root,
      this.tasks.root,
      this.payloads.input.root,
      this.payloads.output.root,
    );
  }

  head() {
    const [machine, ...name] = this.id.split(":");
    const home = `#/machines/${encodeURIComponent(machine.split("/")[0])}`;
    const facts = Object.entries(this.facts).map(([title, value]) =>
      el("div", { hidden: title === "Version" }, el("dt", {}, title), value),
    );
    return el(
      "header",
      { class: "execution" },
      el("p", { class: "quiet" }, el("a", { href: home }, machine)),
      el(
        "div",
        { class: "heading" },
        el("h1", {}, name.join(":")),
        this.status,
        this.connection,
        el("span", { class: "actions" }, this.stop, this.redrive),
      ),
      el("dl", { class: "facts" }, facts),
    );
  }

  follow(after = seen(this.id) ?? null) {
    clearInterval(this.clock);
    this.clock = setInterval(() => this.tick(), 1000);
    this.socket = follow({
      after,
      url: (after) => this.address(after),
      snapshot: (after) => api.execution(this.id, after),
      token: () => (this.used = token()),
      refresh: signIn,
      probe: () => this.probe(),
      onMessage: (message) => this.take(message),
      onState: (state) => this.showConnection(state),
    });
  }

  // Where the sockets live the execution's links say: with the rest of the API, or elsewhere.
  async address(after) {
    this.link ??= (await api.execution(this.id)).links.ws;
    return socketUrl(this.link, { after });
  }

  // A refused handshake tells a browser nothing: REST tells why.
  async probe() {
    try {
      await api.execution(this.id);
      return null;
    } catch (problem) {
      return problem.final ? problem.message : null;
    }
  }

  take(message) {
    this.view = apply(this.view, message);
    // Many updates a frame are drawn once.
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const { execution, states, tasks } = this.view;
    setPill(this.status, execution.status);
    setText(this.facts.Started, time(execution.started_at));
    setText(this.facts.Redrives, execution.redrive_count ?? 0);
    setText(this.facts.Version, [execution.version, execution.alias].filter(Boolean).join(" · "));
    this.facts.Version.parentElement.hidden = !execution.version;
    setText(this.fault, failure(execution));
    this.fault.hidden = !failure(execution);
    this.stop.hidden = execution.status !== "RUNNING";
    this.redrive.hidden = !REDRIVABLE.includes(execution.status);
    this.states.draw([...states.values()]);
    this.tasks.draw(tasks);
    this.payloads.input.draw(execution.input);
    this.payloads.output.draw(execution.output);
    this.tick();
  }

  tick() {
    const { started_at: started, stopped_at: stopped } = this.view.execution;
    setText(this.facts.Elapsed, between(started, stopped));
    this.states.tick(stopped);
  }

  showConnection({ state, reason, retryMs, code }) {
    this.connection.dataset.state = state;
    const when = retryMs === null ? "" : ` in ${(retryMs / 1000).toFixed(1)} s`;
    setText(this.connection, `${CONNECTION[state]}${when}`);
    if (state === "ended") clearInterval(this.clock);
    if ([4401, 4408].includes(code)) this.signIn();
    const failed = state === "ended" && reason;
    this.note.replaceChildren(...(failed ? this.notFollowed(reason, NO_TOKEN.includes(code)) : []));
  }

  // A token may have been given meanwhile, to another request of the page.
  async signIn() {
    const newer = token() !== null && token() !== this.used;
    if (newer || (await signIn())) this.followAgain();
  }

  followAgain() {
    if (!this.root.isConnected) return;
    this.note.replaceChildren();
    this.follow();
  }

  notFollowed(reason, unknown) {
    const again = () => (unknown ? this.signIn() : this.followAgain());
    const button = el(
      "button",
      { type: "button", onclick: again },
      unknown ? "Sign in" : "Follow again",
    );
    return [
      problemBox({ title: "Not followed any more", message: reason }),
      el("p", { class: "actions" }, button),
    ];
  }

  async askToStop() {
    if (!globalThis.confirm(`Stop ${this.id}?`)) return;
    await this.act(() => api.stop(this.id, "{}"));
  }

  async doRedrive() {
    await this.act(async () => {
      // AWS's reads may show a redrive late: its answer, and what follows that, never do.
      const redriven = await api.redrive(this.id);
      this.socket.close();
      this.take({ type: "reset", snapshot: redriven });
      this.follow(redriven.cursor);
    });
  }

  async act(call) {
    this.stop.disabled = this.redrive.disabled = true;
    try {
      await call();
      this.note.replaceChildren();
    } catch (problem) {
      this.note.replaceChildren(problemBox(problem));
    } finally {
      this.stop.disabled = this.redrive.disabled = false;
    }
  }

  leave() {
    this.socket.close();
    clearInterval(this.clock);
    cancelAnimationFrame(this.frame);
  }
}

function payload(title) {
  const text = el("pre", { tabindex: "0" });
  const root = el("details", { class: "json", hidden: true }, el("summary", {}, title), text);
  const draw = (value) => {
    root.hidden = value === null || value === undefined;
    setText(text, root.hidden ? "" : pretty(value));
  };
  return { root, draw };
}
