// One WebSocket that many streams share: handshake, credential, heartbeat, and coming back.

import { afterClose, backoffMs } from "./close_codes.js";
import { HandrailError } from "./http.js";

/** @typedef {import("./stream.js").Stream} Stream */

const HEARTBEAT_MS = 25_000; // until `ready` says another
const BEFORE_READY = 10; // subscriptions, while it isn't known how many there may be
const CONNECT_MS = 10_000;
const CHECK_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @type {Record<number, string>} */
const REASONS = {
  4002: "The credential has expired.",
  4401: "The service asks who you are.",
  4403: "You, or this page's origin, may not follow anything here.",
  4408: "The service waited for a credential and none came.",
};

export class Socket {
  /** @param {import("./hub.js").Hub} hub */
  constructor(hub) {
    this.hub = hub;
    this.http = hub.http;
    /** @type {Map<string, Stream>} */
    this.streams = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.open = false;
    /** Counts connections, so that what belongs to an earlier one is known. */
    this.attempt = 0;
    this.failures = 0;
    this.heartbeatMs = HEARTBEAT_MS;
    /** @type {string | null} */
    this.used = null;
    /** @type {string | null} */
    this.expired = null;
    /** @type {import("./types.js").Via} */
    this.via = { transport: "websocket", heardAt: null };
    /** @type {Record<"retry" | "limit" | "quiet" | "renewal", any>} */
    this.timers = { retry: null, limit: null, quiet: null, renewal: null };
    hub.sockets.add(this);
  }

  /** @param {Stream} stream */
  add(stream) {
    this.hub.ids += 1;
    const id = `s${this.hub.ids}`;
    this.streams.set(id, stream);
    stream.via = this.via;
    stream.detach = () => this.remove(id);
    if (this.open) this.subscribe(id, stream);
    else if (!this.attempt) this.connect();
  }

  /** @param {string} id */
  remove(id) {
    this.streams.delete(id);
    if (this.streams.size) this.send({ type: "unsubscribe", id });
    else this.close();
  }

  close() {
    const { hub } = this;
    hub.sockets.delete(this);
    this.drop();
    if (hub.standingIn && hub.streams.size) hub.tryLater();
  }

  /** Ends the connection, and whatever it waits for. */
  drop() {
    this.attempt += 1;
    Object.values(this.timers).forEach(clearTimeout);
    this.timers.retry = null;
    for (const stream of this.streams.values()) stream.cut();
    const { socket } = this;
    this.socket = null;
    this.open = false;
    socket?.close();
  }

  async connect(renewed = false) {
    this.drop();
    const { attempt, http } = this;
    try {
      const token = renewed ? http.token : await http.credential();
      if (attempt !== this.attempt) return;
      if (token && token === this.expired) return this.end(4002);
      this.used = token;
      this.handshake(this.address(), token);
    } catch (problem) {
      if (attempt !== this.attempt) return;
      const known = problem instanceof HandrailError;
      const error = known ? problem : new HandrailError({ title: String(problem) }, problem);
      if (error.retryable) this.lost(1006, error.message);
      else this.end(1006, "", error);
    }
  }

  address() {
    const { base } = this.http;
    const url = new URL(this.hub.socketUrl ?? "v1/ws", base);
    url.protocol = url.protocol.replace("http", "ws");
    if (base.protocol !== "https:" || url.protocol === "wss:") return url.href;
    const title = "The service names a socket without TLS.";
    throw new HandrailError({ code: "socket_without_tls", title });
  }

  /** @param {string} url @param {string | null} token */
  handshake(url, token) {
    const { hub, timers } = this;
    /** @type {WebSocket} */
    const socket = new hub.WebSocket(url, "handrail.v1");
    this.socket = socket;
    const late = () => this.refused("The service didn't answer in time.");
    timers.limit = setTimeout(late, hub.options.connectTimeoutMs ?? CONNECT_MS);
    socket.onopen = () => {
      if (socket !== this.socket) return;
      clearTimeout(timers.limit);
      this.open = true;
      if (token) this.send({ type: "init", token });
      const first = [...this.streams].slice(0, hub.most ?? BEFORE_READY);
      for (const [id, stream] of first) this.subscribe(id, stream);
      this.listen();
    };
    socket.onmessage = ({ data }) => socket === this.socket && this.hear(data);
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.socket) return;
      if (this.open) this.lost(code, reason);
      else this.refused(reason);
    };
  }

  /** @param {string} id @param {Stream} stream */
  subscribe(id, { wanted: { execution, level, list }, held }) {
    const what = list ? { list } : { execution, level, after: held.cursor };
    this.send({ type: "subscribe", id, ...what });
  }

  /** @param {string} text */
  hear(text) {
    this.listen();
    let message;
    try {
      message = this.http.parse(text);
    } catch {
      return this.end(1002, "What answers isn't Handrail.");
    }
    const { type, id, code, reason } = message;
    if (type === "ping") this.send({ type: "pong" });
    else if (type === "ready") this.greeted(message);
    else if (type === "closing") this.lost(Number(code) || 1006, reason);
    const stream = this.streams.get(id);
    if (!stream || type === "unsubscribed") return;
    if (type !== "error") this.failures = stream.failures = 0;
    stream.take(message);
  }

  /** @param {any} message */
  greeted({ heartbeat, max_subscriptions: most, now }) {
    const { hub, http } = this;
    if (now) http.skewMs = Date.parse(now) - Date.now();
    this.renewLater();
    this.heartbeatMs = Number(heartbeat) * 1000 || HEARTBEAT_MS;
    this.listen();
    const sent = hub.most ?? BEFORE_READY;
    hub.most = Math.min(Number(most) || 100, 100);
    [...this.streams].forEach(([id, stream], at) => {
      if (at >= Number(hub.most)) {
        this.streams.delete(id);
        hub.place(stream);
      } else if (at >= sent) this.subscribe(id, stream);
    });
    hub.welcomed();
    if (!this.streams.size) this.close();
  }

  /** A quiet line is pinged, and given up when nothing comes. */
  listen() {
    this.via.heardAt = Date.now();
    const { heartbeatMs, hub } = this;
    const longest = hub.options.silenceMs ?? heartbeatMs + Math.min(heartbeatMs / 2, 25_000);
    const pause = longest > heartbeatMs ? heartbeatMs : (longest * 2) / 3;
    clearTimeout(this.timers.quiet);
    this.timers.quiet = setTimeout(() => this.check(longest - pause), pause);
  }

  /** @param {number} patienceMs */
  check(patienceMs) {
    this.send({ type: "ping" });
    clearTimeout(this.timers.quiet);
    const silent = () => this.lost(1006, "The service fell silent.");
    this.timers.quiet = setTimeout(silent, patienceMs);
  }

  wake() {
    if (this.open) this.check(CHECK_MS);
    else if (this.timers.retry) this.connect();
  }

  /** Before the credential expires it connects anew, with a fresh one. */
  renewLater() {
    const { http, timers, attempt } = this;
    const ms = http.renewAt - http.now();
    if (!this.used || ms <= 0 || ms > LONGEST_TIMER_MS) return;
    const renew = async () => {
      const token = await http.credential().catch(() => null); // then the socket's end tells
      if (attempt === this.attempt && token && token !== this.used) this.connect(true);
    };
    timers.renewal = setTimeout(renew, ms);
  }

  /** @param {Record<string, unknown>} message */
  send(message) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  /** A handshake failed, of which a browser tells nothing: a request does. @param {string} reason */
  async refused(reason) {
    this.drop();
    const { attempt, hub, http } = this;
    if (!this.streams.size) return this.close();
    this.tell(reason);
    const timeoutMs = hub.options.connectTimeoutMs ?? CONNECT_MS;
    const asked = http.request("GET", "v1/ws", undefined, { timeoutMs, once: true });
    /** @type {HandrailError | null} */
    const error = await asked.then(() => null, (problem) => problem);
    if (attempt !== this.attempt) return;
    const { status = 200, problem, retryable, message } = error ?? {};
    if (problem?.ws && problem.ws !== hub.socketUrl) {
      hub.socketUrl = problem.ws;
      return this.connect();
    }
    if (status === 401 || status === 403) return this.end(1006, "", error);
    if (status && !retryable) hub.refused();
    if (attempt === this.attempt) this.lost(1006, (!status && message) || reason);
  }

  /** @param {number} code @param {string} reason */
  lost(code, reason) {
    const next = afterClose(code);
    if (next === "end") return this.end(code, reason);
    if (next === "refresh") this.expired = this.used;
    this.drop();
    if (!this.streams.size) return this.close();
    this.failures += 1;
    const ms = backoffMs(this.failures, this.hub.options.random);
    this.tell(reason, Date.now() + ms, code);
    this.timers.retry = setTimeout(() => this.connect(), ms);
  }

  /** @param {string} reason @param {number | null} [retryAt] @param {number | null} [code] */
  tell(reason, retryAt = null, code = null) {
    for (const stream of this.streams.values()) stream.seek({ reason, retryAt, code });
  }

  /** @param {number} code @param {string} [reason] @param {HandrailError | null} [error] */
  end(code, reason, error) {
    const title = reason || REASONS[code] || `The connection was closed with ${code}.`;
    const failure = error ?? new HandrailError({ code: `closed_${code}`, title });
    const streams = [...this.streams.values()];
    this.streams.clear();
    this.close();
    for (const stream of streams) stream.fail(failure, code);
  }
}
