// A client on fakes: sockets that say what a test has them say, answers by path, and time that only
// moves when told.

import { createClient } from "../src/index.js";
import "../src/omitted.js"; // fetched before time is a fake
import "../src/stand_in.js";

export const READY = { type: "ready", session: "s", heartbeat: 25, max_subscriptions: 100 };
export const ID = "order:one";

export const state = (name, status = "RUNNING", last_error = null) => ({
  state: name,
  status,
  last_error,
});
export const snapshot = (members = {}) => ({
  execution: ID,
  status: "RUNNING",
  input: {},
  output: null,
  states: [],
  tasks: [],
  cursor: "9:2",
  links: {},
  ...members,
});
export const subscribed = (members = {}) => ({
  type: "subscribed",
  id: "s1",
  recovered: false,
  snapshot: snapshot(),
  cursor: "9:2",
  ...members,
});
export const update = (cursor, members = {}) => ({
  type: "update",
  id: "s1",
  cursor,
  execution: {},
  ...members,
});
export const complete = (members = {}) => ({
  type: "complete",
  id: "s1",
  cursor: "9:9",
  status: "SUCCEEDED",
  output: null,
  error: null,
  cause: null,
  ...members,
});

/** Lets everything happen that waits for no time. */
export async function settle() {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

class Timers {
  now = 1_000_000;
  timers = new Map();
  last = 0;

  set(call, ms = 0) {
    this.last += 1;
    this.timers.set(this.last, { call, at: this.now + ms });
    return this.last;
  }

  async pass(ms) {
    const until = this.now + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(([, { at }]) => at <= until);
      if (!due.length) break;
      const [id, { call, at }] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.timers.delete(id);
      this.now = Math.max(this.now, at);
      call();
    }
    this.now = until;
  }
}

class FakeSocket {
  static opened = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol, readyState: 0, sent: [] });
    FakeSocket.opened.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen();
    return this;
  }

  say(...messages) {
    for (const message of messages) this.onmessage({ data: JSON.stringify(message) });
  }

  /** The other side's close. */
  end(code, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  types() {
    return this.sent.map(({ type }) => type);
  }
}

/** An answer of the service. */
export const answer = (body, { status = 200, ...headers } = {}) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const empty = status === 204 ? null : text;
  return new Response(empty, { status, headers: { "Content-Type": "application/json", ...headers } });
};
export const problem = (status, code, members = {}) =>
  answer({ status, code, title: code, detail: `It is ${code}.`, ...members }, { status });
/** What a request to the socket's address is answered. */
const UPGRADE = () => problem(426, "upgrade_required");

/** A client; the test's time, sockets and answers are its until the test is over. */
export function stage(test, options = {}) {
  const timers = new Timers();
  const real = { setTimeout, clearTimeout };
  const now = Date.now;
  globalThis.setTimeout = (call, ms) => timers.set(call, ms);
  globalThis.clearTimeout = (id) => timers.timers.delete(id);
  Date.now = () => timers.now;
  FakeSocket.opened = [];
  const scene = {
    sockets: FakeSocket.opened,
    /** What was asked, and what answers: `answers[path]` is called with the request. */
    asked: [],
    answers: { "/v1/ws": UPGRADE },
    pass: (ms) => timers.pass(ms),
    get now() {
      return timers.now;
    },
    get timers() {
      return timers.timers.size;
    },
    /** The newest socket, open. */
    async live() {
      await settle();
      const socket = scene.sockets.at(-1);
      return socket.readyState === 0 ? socket.open() : socket;
    },
    /** Watches, and notes each message and each state of the connection. */
    watch(id = ID, more = {}) {
      const run = scene.client.watch(id, more);
      const seen = { run, views: [], states: [], messages: [], failure: null };
      seen.leave = run.subscribe((view) => {
        seen.views.push(view);
        if (seen.states.at(-1) !== view.connection.state) seen.states.push(view.connection.state);
      });
      seen.done = (async () => {
        try {
          for await (const message of run) seen.messages.push(message);
        } catch (error) {
          seen.failure = error;
        }
      })();
      return seen;
    },
  };
  const fetch = async (url, request) => {
    const { pathname, search } = url;
    scene.asked.push(`${request.method} ${pathname}${search}`);
    const found = scene.answers[`${request.method} ${pathname}`] ?? scene.answers[pathname];
    if (!found) throw new TypeError(`nobody answers ${pathname}`);
    const aborted = new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => reject(new DOMException("cut", "AbortError")));
    });
    return Promise.race([found({ ...request, url }), aborted]);
  };
  scene.client = createClient({
    url: "http://here",
    random: () => 0,
    WebSocket: FakeSocket,
    fetch,
    ...options,
  });
  test.after(() => {
    scene.client.close();
    Object.assign(globalThis, real);
    Date.now = now;
  });
  return scene;
}
