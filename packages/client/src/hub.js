// All that one client follows, and by what: sockets, or what stands in where none can be had.

import { backoffMs } from "./close_codes.js";
import { HandrailError } from "./http.js";
import { Socket } from "./socket.js";

/** @typedef {import("./stream.js").Stream} Stream */

const MOST = 100; // subscriptions a socket
const HANDSHAKES = 2; // that fail although requests are answered
const EVENTS = ["online", "offline", "pageshow", "visibilitychange", "resume"];

export class Hub {
  /** @param {import("./http.js").Http} http */
  constructor(http) {
    this.http = http;
    this.options = http.options;
    this.WebSocket = http.options.WebSocket ?? globalThis.WebSocket;
    /** @type {Set<Stream>} */
    this.streams = new Set();
    /** @type {Set<Socket>} */
    this.sockets = new Set();
    /** How many subscriptions a socket takes, once it has said so. @type {number | null} */
    this.most = null;
    /** Where the sockets are, if not with the rest. @type {string | null} */
    this.socketUrl = null;
    this.refusals = this.WebSocket ? 0 : HANDSHAKES;
    this.ids = 0;
    this.woken = () => this.wake();
  }

  /** Calls once: at the next frame where there are any, and in a hidden page without one. */
  soon(/** @type {() => void} */ call) {
    const frame = globalThis.requestAnimationFrame?.(run);
    const timer = setTimeout(run, frame ? 250 : 0);
    function run() {
      clearTimeout(timer);
      if (frame) cancelAnimationFrame(frame);
      call();
    }
  }

  /** Whether it does without sockets. */
  get standingIn() {
    return this.refusals >= HANDSHAKES;
  }

  /** @param {Stream} stream */
  open(stream) {
    if (!this.streams.size) for (const it of EVENTS) globalThis.addEventListener?.(it, this.woken);
    this.streams.add(stream);
    stream.error = stream.completed = null;
    this.place(stream);
  }

  /** @param {Stream} stream */
  leave(stream) {
    stream.off();
    this.streams.delete(stream);
    if (this.streams.size) return;
    clearTimeout(this.trial);
    for (const it of EVENTS) globalThis.removeEventListener?.(it, this.woken);
  }

  /** Nobody watches it any more. @param {Stream} stream */
  close(stream) {
    clearTimeout(stream.linger);
    this.leave(stream);
    stream.forget();
    stream.tell("idle");
    for (const hear of [...stream.hearers]) hear();
  }

  /** @param {Stream} stream */
  place(stream) {
    stream.off();
    stream.via = { transport: null, heardAt: stream.via.heardAt };
    stream.seek();
    if (this.standingIn) return this.standIn(stream);
    const most = this.most ?? MOST;
    const socket = [...this.sockets].find(({ streams }) => streams.size < most);
    (socket ?? new Socket(this)).add(stream);
  }

  /** @param {Stream} stream */
  async standIn(stream) {
    const gone = new AbortController();
    stream.detach = () => gone.abort();
    try {
      const { standIn } = await import("./stand_in.js"); // seldom needed
      await standIn(stream, this, gone.signal);
    } catch (cause) {
      const title = "A part of this client can't be had.";
      if (!gone.signal.aborted) stream.fail(new HandrailError({ title }, cause));
    }
  }

  /** A handshake failed although requests are answered. */
  refused() {
    this.refusals += 1;
    if (!this.standingIn) return;
    this.tryLater();
    for (const stream of this.streams) this.place(stream);
  }

  /** Whether there are sockets after all. */
  tryLater() {
    clearTimeout(this.trial);
    const ms = this.options.socketAgainMs ?? 300_000;
    if (this.WebSocket) this.trial = setTimeout(() => new Socket(this).connect(), ms);
  }

  /** There are sockets. */
  welcomed() {
    const { standingIn } = this;
    this.refusals = 0;
    if (standingIn) for (const stream of this.streams) this.place(stream);
  }

  /** What an `error` message means. @param {Stream} stream @param {any} message */
  failed(stream, { code, detail, retryable, over }) {
    const error = new HandrailError({ code, detail, retryable });
    if (retryable && !over) stream.tell("unreachable", { reason: detail, code });
    else if (code === "lists_unavailable") {
      stream.off();
      this.standIn(stream);
    } else this.again(stream, error);
  }

  /** Its subscription is lost, alone. @param {Stream} stream @param {any} error */
  again(stream, error) {
    if (error.retryable === false) return stream.fail(error);
    stream.off();
    stream.failures += 1;
    const ms = backoffMs(stream.failures, this.options.random) + 1500;
    stream.seek({ reason: error.message, retryAt: Date.now() + ms });
    const timer = setTimeout(() => this.place(stream), ms);
    stream.detach = () => clearTimeout(timer);
  }

  /** The page is seen again, or the network changed: look whether all is well, now. */
  wake() {
    if (globalThis.document?.visibilityState === "hidden") return;
    for (const socket of this.sockets) socket.wake();
    for (const stream of this.streams) stream.wake();
  }
}
