// One execution, or one list of them, as this client follows it, whatever brings the messages.

import { HandrailError } from "./http.js";
import { EMPTY, EMPTY_LIST, apply, applyToList, same } from "./view.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Connection} Connection */

const LINGER_MS = 5000;

/** @type {Connection} */
const IDLE = Object.freeze({
  state: "idle",
  transport: null,
  heardAt: null,
  retryAt: null,
  reason: "",
  code: null,
});

export class Stream {
  /**
   * @param {import("./hub.js").Hub} hub @param {import("./types.js").Wanted} wanted
   * @param {() => void} forget called when nobody has watched it for a while
   */
  constructor(hub, wanted, forget) {
    this.hub = hub;
    this.wanted = wanted;
    this.forget = forget;
    /** @type {any} */
    this.held = wanted.list ? EMPTY_LIST : { ...EMPTY, cursor: wanted.after };
    this.connection = IDLE;
    /** @type {HandrailError | null} */
    this.error = null;
    /** What told of the end. @type {Message | null} */
    this.completed = null;
    /** @type {Set<(view: any) => void>} */
    this.listeners = new Set();
    /** @type {Set<(message?: Message, failure?: unknown) => void>} */
    this.hearers = new Set();
    this.users = 0;
    /** Leaves the transport it is on. @type {(() => void) | null} */
    this.detach = null;
    /** By what it was heard of last, and when. @type {import("./types.js").Via} */
    this.via = { transport: null, heardAt: null };
    /** Subscriptions lost in a row. */
    this.failures = 0;
    /** Whatever it waits for, it tries now. */
    this.wake = () => {};
    /** What came behind a message that is being completed. @type {Message[] | null} */
    this.waiting = null;
    this.cuts = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.linger = undefined;
    /** @type {any} */
    this.shown = null;
    this.due = false;
  }

  get view() {
    const { held, connection, error } = this;
    this.shown ??= Object.freeze({ ...held, connection, error });
    return this.shown;
  }

  /** Whether anything is known. */
  get begun() {
    return Boolean(this.held.as_of ?? this.held.execution?.execution);
  }

  enter() {
    clearTimeout(this.linger);
    this.users += 1;
    if (!this.detach) this.hub.open(this);
  }

  leave() {
    this.users -= 1;
    if (!this.users) this.linger = setTimeout(() => this.hub.close(this), LINGER_MS);
  }

  /** Listeners hear of it once a frame. */
  changed() {
    this.shown = null;
    this.notify();
  }

  notify() {
    if (this.due || !this.listeners.size) return;
    this.due = true;
    this.hub.soon(() => {
      this.due = false;
      // Each by itself: what one raises is its own business, and not that of others.
      for (const listener of this.listeners) {
        queueMicrotask(() => this.listeners.has(listener) && listener(this.view));
      }
    });
  }

  /** @param {Connection["state"]} state @param {Partial<Connection>} [more] */
  tell(state, more) {
    const next = { ...IDLE, ...this.via, state, ...more };
    if (same({ ...next, heardAt: 0 }, { ...this.connection, heardAt: 0 })) return;
    this.connection = Object.freeze(next);
    this.changed();
  }

  /** It isn't followed just now. @param {Partial<Connection>} [more] */
  seek(more) {
    this.tell(this.begun ? "resuming" : "connecting", more);
  }

  /** The transport is lost, and with it what it said last if that wasn't whole. */
  cut() {
    this.cuts += 1;
    this.waiting = null;
  }

  /** Off its transport. */
  off() {
    this.cut();
    this.detach?.();
    this.detach = null;
  }

  /** It won't come back by itself. @param {HandrailError} error @param {number} [code] */
  fail(error, code) {
    this.hub.leave(this);
    this.error = error;
    this.tell("ended", { reason: error.message, code: code ?? null });
    this.changed();
    for (const hear of [...this.hearers]) hear(undefined, error);
  }

  /** In order: behind a message that is being completed, others wait. @param {Message} message */
  async take(message) {
    if (this.waiting) return this.waiting.push(message);
    if (!message.omitted?.length) return this.deliver(message);
    const { cuts } = this;
    const waiting = /** @type {Message[]} */ ([]);
    this.waiting = waiting;
    try {
      const { whole } = await import("./omitted.js"); // seldom needed
      const filled = await whole(message, this);
      if (cuts !== this.cuts) return; // it comes again
      this.waiting = null;
      this.deliver(filled);
      for (const next of waiting) if (cuts === this.cuts) this.take(next);
    } catch (error) {
      if (cuts === this.cuts) this.hub.again(this, error);
    }
  }

  /** @param {Message} message */
  deliver(message) {
    const { held, hub } = this;
    if (message.type === "error") return hub.failed(this, message);
    this.held = (this.wanted.list ? applyToList : apply)(held, message);
    if (message.type === "complete") this.completed = message;
    else if (this.held.execution?.status === "RUNNING") this.completed = null;
    this.tell("live");
    if (this.held !== held) {
      this.connection = Object.freeze({ ...this.connection, ...this.via });
      this.changed();
    }
    for (const hear of [...this.hearers]) hear(message);
  }
}
