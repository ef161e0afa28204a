// Following one execution over WebSocket: pings, drops with a jittered backoff, resuming by cursor.
// No DOM and no page in here: `follow` works wherever there is a WebSocket.

const SUBPROTOCOL = "handrail.v1";
const HEARTBEAT_S = 25; // until `ready` says another
const PONG_MS = 25_000; // at most: where an API Gateway sits between, a heartbeat takes minutes
const CATCH_UPS = 4;
const BASE_MS = 500;
const CAP_MS = 30_000;

// 1005 (no code given) and 1014 (a proxy's bad gateway) are signs of a broken path too.
const RESUMABLE = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014, 4000, 4001]);
const CREDENTIAL_EXPIRED = 4002;

const REASONS = {
  4400: "The service did not understand this page.",
  4002: "The token has expired.",
  4401: "Sign in to follow this execution.",
  4403: "You may not follow this execution.",
  4404: "There is no such execution.",
  4408: "The service waited for a token and none came.",
  4409: "This subscription exists already.",
  4429: "Too many subscriptions.",
};

/** "resume", "refresh" (a fresh credential first) or "end". */
export function afterClose(code) {
  if (code === CREDENTIAL_EXPIRED) return "refresh";
  return RESUMABLE.has(code) ? "resume" : "end";
}

/** The pause after the nth failure in a row: doubling, capped, shortened by up to a half. */
export function backoffMs(failures, random) {
  const longest = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 30));
  return longest * (1 - random() / 2);
}

/**
 * The cursor to resume from once `message` has been seen. A recovered subscription's own cursor may
 * stand ahead of updates still to come, so it is not taken over.
 */
export function nextCursor(cursor, message) {
  if (message.type === "subscribed" && message.recovered && cursor !== null) return cursor;
  const moves = ["subscribed", "update", "reset", "complete"].includes(message.type);
  return (moves && message.cursor) || cursor;
}

/**
 * Whether a cursor, of a snapshot or an event, lies before a message's: AWS's reads are eventually
 * consistent. Cursors of different executions of one name are not compared.
 */
export function behind(seen, told) {
  const [before, until] = [seen, told].map((cursor) => String(cursor).split(":"));
  return before[0] === until[0] && Number(before[1]) < Number(until[1]);
}

/**
 * A message that came without its content, with it: from a snapshot at least as new. An update gets
 * all fields and states instead of the changed ones, and `events` where they are given.
 */
export function filled(message, snapshot, events = null) {
  const { omitted, links, ...rest } = message;
  if (message.type === "complete") {
    const { output = null, error = null, cause = null } = snapshot;
    return { ...rest, output, error, cause };
  }
  if (message.type !== "update") {
    return { ...rest, snapshot: { ...snapshot, cursor: message.cursor } };
  }
  const { states = [], tasks = [], cursor, links: _, ...execution } = snapshot;
  return { ...rest, execution, states, tasks, ...(events && { events }) };
}

/**
 * Follow an execution until it completes or `close()` is called.
 *
 * options: `url(cursor)` answers the socket's address, or a promise of it: it is asked before each
 * connection, and an error with a true `final` ends the following; `onMessage(message)` gets every
 * message of the subscription; `onState({state, reason, retryMs, code})` hears of connecting, live,
 * reconnecting and ended (`code` is the close code that ended it, if one did); `token()` is asked at
 * each connection and may answer null; `refresh()` gets a fresh credential, and answers false where
 * there is none to be had; `probe()` is asked after a handshake that failed (a browser tells no
 * status) and answers why it is pointless to go on, or null; `snapshot(after)` gets the execution over
 * REST, for a message too large for the transport, which comes without its content: without `snapshot`
 * such messages are passed on as they are. `events(after)` gets a page of events over REST, where the
 * level is events.
 */
export function follow(options) {
  const follower = new Follower(options);
  follower.connect();
  return { close: () => follower.close() };
}

class Follower {
  constructor(options) {
    this.options = {
      token: () => null,
      refresh: async () => {},
      probe: async () => null,
      snapshot: null,
      events: null,
      random: Math.random,
      WebSocket: globalThis.WebSocket,
      after: null,
      ...options,
    };
    this.cursor = this.options.after;
    this.failures = 0;
    this.done = false;
    this.held = null; // what came behind a message that is being completed
    this.wake = () => this.retry && this.reconnectNow();
    globalThis.addEventListener?.("online", this.wake);
  }

  async connect() {
    this.tell(this.failures ? "reconnecting" : "connecting");
    try {
      const url = await this.options.url(this.cursor);
      if (!this.done) this.open(url);
    } catch (error) {
      this.failed(error);
    }
  }

  open(url) {
    const socket = new this.options.WebSocket(url, SUBPROTOCOL);
    this.socket = socket;
    this.heartbeatMs = HEARTBEAT_S * 1000;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      const token = this.options.token();
      if (token) this.send({ type: "init", token });
      this.listen();
    };
    socket.onmessage = (event) => socket === this.socket && this.hear(event.data);
    socket.onclose = ({ code, reason }) =>
      socket === this.socket && this.take({ type: "closing", code, reason, opened });
  }

  hear(text) {
    this.listen();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.end("The service sent something that is not one of its messages.");
    }
    if (message.type === "ping") return this.send({ type: "pong" });
    if (message.type === "pong") return undefined;
    if (message.type === "ready") {
      this.heartbeatMs = (message.heartbeat || HEARTBEAT_S) * 1000;
      return this.listen();
    }
    return this.take(message);
  }

  // In order: behind a message that is being completed, even the socket's end waits.
  take(message) {
    if (this.held) this.held.push(message);
    else if (message.omitted?.length && this.options.snapshot) this.complete(message, this.socket);
    else this.deliver(message);
  }

  async complete(message, socket) {
    this.held = [];
    try {
      const whole = await this.whole(message);
      if (socket !== this.socket) return; // cut meanwhile: it comes again
      const held = this.held;
      this.held = null;
      this.deliver(whole);
      for (const next of held) if (socket === this.socket) this.take(next);
    } catch (error) {
      if (socket === this.socket) this.failed(error);
    }
  }

  async whole(message) {
    const snapshot = await this.snapshotAt(message.cursor);
    const events = message.type === "update" && this.options.events;
    return filled(message, snapshot, events ? await this.eventsUntil(message.cursor) : null);
  }

  async snapshotAt(cursor) {
    for (let tries = 1; ; tries += 1) {
      const snapshot = await this.options.snapshot(cursor);
      if (!behind(snapshot.cursor, cursor)) return snapshot;
      await this.catchUp(tries);
    }
  }

  // A page at a time, from the cursor held before the message.
  async eventsUntil(cursor) {
    const [epoch, last] = cursor.split(":");
    const found = [];
    let after = this.cursor ?? `${epoch}:0`;
    for (let empty = 0; behind(after, cursor); ) {
      const page = await this.options.events(after);
      found.push(...page.events);
      after = page.cursor;
      empty = page.events.length ? 0 : empty + 1;
      if (empty) await this.catchUp(empty);
    }
    return found.filter(({ id }) => id <= Number(last));
  }

  async catchUp(tries) {
    if (tries >= CATCH_UPS) throw new Error("The service's snapshot is behind its stream.");
    const pauseMs = backoffMs(tries, this.options.random);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }

  // `closing` stands for the close code, where the transport can carry none of ours.
  deliver(message) {
    if (message.type === "closing") {
      const { code, reason, opened = true } = message;
      this.lost(Number.isInteger(code) ? code : 1006, reason, opened);
      return;
    }
    this.cursor = nextCursor(this.cursor, message);
    if (message.type === "error") {
      if (!message.retryable) this.end(message.detail || message.code);
      else this.lost(1013, message.detail, true);
      return;
    }
    this.failures = 0;
    if (message.type === "subscribed") this.tell("live");
    this.options.onMessage(message);
    if (message.type === "complete") this.end("");
  }

  // The service was asked over REST, and did not answer or said no.
  failed(error) {
    if (this.done) return;
    if (error.final) this.end(error.message);
    else this.lost(1006, error.message, true);
  }

  async lost(code, reason, opened) {
    this.drop();
    const next = afterClose(code);
    if (next === "end") return this.end(reason || REASONS[code] || `Closed with ${code}.`, code);
    this.failures += 1;
    const retryMs = backoffMs(this.failures, this.options.random);
    this.tell("reconnecting", reason, retryMs);
    const refused = next === "refresh" && (await this.options.refresh()) === false;
    if (this.done) return undefined;
    if (refused) return this.end(reason || REASONS[code], code);
    const pointless = opened ? null : await this.options.probe();
    if (this.done) return undefined;
    if (pointless) return this.end(pointless);
    this.retry = setTimeout(() => this.reconnectNow(), retryMs);
    return undefined;
  }

  reconnectNow() {
    clearTimeout(this.retry);
    this.retry = null;
    this.connect();
  }

  // A line quiet for a heartbeat is pinged; one quiet for two is given up.
  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.send({ type: "ping" });
      const patienceMs = Math.min(this.heartbeatMs, PONG_MS);
      this.silence = setTimeout(() => this.lost(1006, "", true), patienceMs);
    }, this.heartbeatMs);
  }

  send(message) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  drop() {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    this.held = null;
    socket?.close();
  }

  end(reason, code = null) {
    if (this.done) return;
    this.tell("ended", reason, null, code);
    this.close();
  }

  close() {
    this.done = true;
    clearTimeout(this.retry);
    globalThis.removeEventListener?.("online", this.wake);
    this.drop();
  }

  tell(state, reason = "", retryMs = null, code = null) {
    this.options.onState({ state, reason, retryMs, code });
  }
}
