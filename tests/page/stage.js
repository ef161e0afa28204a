// A follower on fakes: sockets that say what a test has them say, and time that only moves when told.

import { follow } from "../../service/web/static/live.js";

export const URL_ = "ws://here/v1/executions/order:one/ws";
export const READY = { type: "ready", session: "s", heartbeat: 25, max_subscriptions: 1 };

export const state = (name, status = "RUNNING", last_error = null) => ({
  state: name,
  status,
  last_error,
});
export const snapshot = (members = {}) => ({
  execution: "order:one",
  status: "RUNNING",
  input: {},
  output: null,
  states: [],
  tasks: [],
  cursor: "9:2",
  ...members,
});
export const subscribed = (members = {}) => ({
  type: "subscribed",
  id: "0",
  recovered: false,
  snapshot: snapshot(),
  cursor: "9:2",
  ...members,
});
export const update = (cursor, members = {}) => ({
  type: "update",
  id: "0",
  cursor,
  execution: {},
  ...members,
});
export const complete = (members = {}) => ({
  type: "complete",
  id: "0",
  cursor: "9:9",
  status: "SUCCEEDED",
  output: null,
  ...members,
});

/** Lets everything happen that waits for no time. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

class Timers {
  constructor() {
    this.now = 0;
    this.timers = new Map();
    this.last = 0;
  }

  set(call, ms = 0) {
    this.last += 1;
    this.timers.set(this.last, { call, at: this.now + ms });
    return this.last;
  }

  clear(id) {
    this.timers.delete(id);
  }

  async pass(ms) {
    const until = this.now + ms;
    for (;;) {
      await run_until_idle();
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
  constructor(url, protocol) {
    Object.assign(this, { url, protocol, readyState: 0, sent: [] });
    FakeSocket.opened.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen();
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
}

/** Follows; the test's time and sockets are the follower's until the test is over. */
export function stage(test, options = {}) {
  const timers = new Timers();
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  globalThis.setTimeout = (call, ms) => timers.set(call, ms);
  globalThis.clearTimeout = (id) => timers.clear(id);
  FakeSocket.opened = [];
  const scene = {
    sockets: FakeSocket.opened,
    messages: [],
    states: [],
    pass: (ms) => timers.pass(ms),
    get waits() {
      return scene.states.filter(({ retryMs }) => retryMs !== null).map(({ retryMs }) => retryMs);
    },
    get ended() {
      return scene.states.find((told) => told.state === "ended");
    },
    get timers() {
      return timers.timers.size;
    },
    /** The newest socket, open. */
    async live() {
      await run_until_idle();
      const socket = scene.sockets.at(-1);
      if (socket.readyState === 0) socket.open();
      return socket;
    },
  };
  scene.follower = follow({
    url: (cursor) => (cursor ? `${URL_}?after=${cursor}` : URL_),
    onMessage: (message) => scene.messages.push(message),
    onState: (told) => scene.states.push(told),
    random: () => 0,
    WebSocket: FakeSocket,
    ...options,
  });
  test.after(() => {
    scene.follower.close();
    Object.assign(globalThis, real);
  });
  return scene;
}
