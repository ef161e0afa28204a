// What each caller of `watch` has of what is followed.

/** @typedef {import("./stream.js").Stream} Stream */
/** @typedef {import("./types.js").ListView} ListView */
/** @typedef {import("./types.js").View} View */
/**
 * By what is watched: what anybody listens to, or did a moment ago.
 * @typedef {Map<string, Stream>} Streams
 */

/**
 * One caller's hold on a stream. It isn't kept by anything while nobody listens by it.
 * @template {View | ListView} V @template M
 * @implements {AsyncIterable<M>}
 */
export class Run {
  /**
   * @param {Streams} streams @param {string} key @param {Stream} stream
   * @param {AbortSignal} [signal]
   */
  constructor(streams, key, stream, signal) {
    this.streams = streams;
    this.key = key;
    this.own = stream;
    this.signal = signal;
    /** @type {Set<() => void>} */
    this.leavers = new Set();
    this.closed = false;
    this.close = this.close.bind(this);
    /**
     * Listens, until what it answers is called.
     * @param {(view: V) => void} listener @returns {() => void}
     */
    this.subscribe = (listener) => {
      const own = (/** @type {V} */ view) => listener(view);
      return this.enter(({ listeners }) => {
        listeners.add(own);
        return () => listeners.delete(own);
      });
    };
    /** The view as it is now: the same object until something changes. @returns {V} */
    this.getSnapshot = () => this.stream.view;
  }

  /** The one that all share who watch the same. */
  get stream() {
    this.own = this.streams.get(this.key) ?? this.own;
    return this.own;
  }

  get connection() {
    return this.stream.connection;
  }

  /** @param {(stream: Stream) => () => void} listen answers what ends it */
  enter(listen) {
    const { key, leavers, signal, stream, streams } = this;
    const stop = listen(stream);
    if (this.closed || signal?.aborted) {
      stop();
      return stop;
    }
    const leave = () => {
      if (!leavers.delete(leave)) return;
      stop();
      if (!leavers.size) signal?.removeEventListener("abort", this.close);
      stream.leave();
    };
    if (!leavers.size) signal?.addEventListener("abort", this.close);
    leavers.add(leave);
    streams.set(key, stream);
    stream.enter();
    stream.notify();
    return leave;
  }

  /** Ends all that listens by this. Others who watch the same go on. */
  close() {
    this.closed = true;
    for (const leave of [...this.leavers]) leave();
  }

  /**
   * Each message in order, what is known already as the first; ends behind `complete`, and when
   * closed. Raises HandrailError where there is no more to come, and the signal's reason.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<M, void, void>}
   */
  async *messages({ signal } = {}) {
    const { stream } = this;
    /** @type {[any?, unknown?][]} */
    const queue = [];
    let wake = () => {};
    const hear = (/** @type {[any?, unknown?]} */ ...heard) => {
      queue.push(heard);
      wake();
    };
    const abort = () => hear(undefined, signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort);
    const { execution, states, tasks, cursor } = stream.held;
    if (!stream.wanted.list && stream.begun && stream.detach) {
      const snapshot = { ...execution, states: [...states.values()], tasks, cursor };
      hear({ type: "subscribed", recovered: false, cursor, snapshot });
      if (stream.completed) hear(stream.completed);
    }
    const leave = this.enter(({ hearers }) => {
      hearers.add(hear);
      return () => {
        hearers.delete(hear);
        hear();
      };
    });
    try {
      for (;;) {
        if (!queue.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
        const [message, failure] = queue.shift() ?? [];
        if (failure !== undefined) throw failure;
        if (!message) return;
        yield message;
        if (message.type === "complete") return;
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      leave();
    }
  }

  [Symbol.asyncIterator]() {
    return this.messages();
  }

  /**
   * The execution when it has ended, however it did. Raises as `messages` does.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<import("./types.js").Execution>}
   */
  async finished(options) {
    for await (const message of this.messages(options)) {
      const { type, status, output, error, cause } = /** @type {any} */ (message);
      if (type === "complete") return { ...this.stream.held.execution, status, output, error, cause };
    }
    throw new DOMException("It was closed before the execution ended.", "AbortError");
  }
}
