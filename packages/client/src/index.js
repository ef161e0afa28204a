// Live status of Step Functions executions, and what may be done to them, by a Handrail service.

import { HandrailError, Http, query, segment } from "./http.js";
import { Hub } from "./hub.js";
import { ExactNumber, RawJson, rawJson } from "./json.js";
import { Run } from "./run.js";
import { Stream } from "./stream.js";

export { ExactNumber, HandrailError, RawJson, rawJson, Run };

// Whoever uses this names its shapes by these.
/** @typedef {import("./types.js").Changed} Changed */
/** @typedef {import("./types.js").ClientOptions} ClientOptions */
/** @typedef {import("./types.js").Connection} Connection */
/** @typedef {import("./types.js").Execution} Execution */
/** @typedef {import("./types.js").ExecutionMessage} ExecutionMessage */
/** @typedef {import("./types.js").HistoryEvent} HistoryEvent */
/** @typedef {import("./types.js").Level} Level */
/** @typedef {import("./types.js").ListedExecution} ListedExecution */
/** @typedef {import("./types.js").ListMessage} ListMessage */
/** @typedef {import("./types.js").ListView} ListView */
/** @typedef {import("./types.js").Me} Me */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./types.js").RequestOptions} RequestOptions */
/** @typedef {import("./types.js").Settled} Settled */
/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").Started} Started */
/** @typedef {import("./types.js").StartOptions} StartOptions */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Status} Status */
/** @typedef {import("./types.js").Task} Task */
/** @typedef {import("./types.js").View} View */
/** @typedef {{signal?: AbortSignal}} Signalled */
/** @typedef {{error?: string, cause?: string}} Failure */

const REMEMBERED = 1000;

const newKey = () =>
  crypto.getRandomValues(new Uint8Array(16)).reduce((key, byte) => key + (byte + 256).toString(16), "");

/** @param {string} id */
const execution = (id) => `v1/executions/${segment(id)}`;

/** @param {string} machine */
const stateMachine = (machine) => `v1/state-machines/${segment(machine)}`;

export class Client {
  /** @param {import("./types.js").ClientOptions} options */
  constructor(options) {
    this.http = new Http(options);
    this.hub = new Hub(this.http);
    /** @type {import("./run.js").Streams} */
    this.streams = new Map();
    /**
     * The newest cursors told by this client's own changes, which reads may not show yet: who
     * carries one is told to wait, never of less.
     * @type {Map<string, string>}
     */
    this.cursors = new Map();
    this.tasks = new Tasks(this);
  }

  /**
   * Follows one execution while anybody listens, over a socket that all share.
   * @param {string} id
   * @param {{level?: Level, after?: string, signal?: AbortSignal}} [options]
   * @returns {Run<View, ExecutionMessage>}
   */
  watch(id, { level = "states", after = this.cursors.get(id), signal } = {}) {
    return this.run(`${level} ${id}`, { execution: id, level, after: after ?? null }, signal);
  }

  /**
   * The same for a list of executions: of one state machine, of several, or of all.
   * @param {{machine?: string | string[], status?: Status, limit?: number, signal?: AbortSignal}}
   *   [options]
   * @returns {Omit<Run<ListView, ListMessage>, "finished">}
   */
  watchList({ machine, status, limit, signal } = {}) {
    const list = { state_machine: machine, status, limit };
    return this.run(`list ${JSON.stringify(list)}`, { list }, signal);
  }

  /**
   * @param {string} key @param {import("./types.js").Wanted} wanted @param {AbortSignal} [signal]
   * @returns {Run<any, any>}
   */
  run(key, wanted, signal) {
    const { hub, streams } = this;
    const forget = () => streams.get(key) === stream && streams.delete(key);
    const stream = streams.get(key) ?? new Stream(hub, wanted, forget);
    return new Run(streams, key, stream, signal);
  }

  /**
   * @template [T=any]
   * @param {string} path from the service's root, or a link of its @param {RequestOptions} [options]
   * @returns {Promise<T>}
   */
  get(path, options) {
    return this.http.request("GET", path, undefined, options);
  }

  /**
   * The answer's JSON. Raises HandrailError, and the signal's reason.
   * @template [T=any]
   * @param {string} method @param {string} path @param {unknown} [body]
   * @param {RequestOptions} [options]
   * @returns {Promise<T>}
   */
  request(method, path, body, options) {
    return this.http.request(method, path, body, options);
  }

  /**
   * Who this is, and what the credential opens.
   * @param {Signalled} [options] @returns {Promise<Me>}
   */
  me(options) {
    return this.get("v1/me", options);
  }

  /** @param {string} id @param {Signalled} [options] @returns {Promise<Snapshot>} */
  execution(id, options) {
    return this.get(this.path(id), options);
  }

  /**
   * Starts an execution. A try that is made again starts no second one.
   * @param {string} machine @param {unknown} input @param {StartOptions} [options]
   * @returns {Promise<Started>}
   */
  start(machine, input, options) {
    return this.begin(`${stateMachine(machine)}/executions`, { input }, options);
  }

  /**
   * Starts the same state machine again, with the input it had or with `input`.
   * @param {string} id @param {StartOptions & {input?: unknown}} [options]
   * @returns {Promise<Started>}
   */
  replay(id, { input, ...options } = {}) {
    return this.begin(`${execution(id)}/replay`, { input }, options);
  }

  /**
   * Runs an Express execution to its end.
   * @param {string} machine @param {unknown} input
   * @param {{name?: string, signal?: AbortSignal}} [options]
   * @returns {Promise<import("./types.js").SyncOutcome>}
   */
  startSync(machine, input, { name, signal } = {}) {
    const path = `${stateMachine(machine)}/sync-executions`;
    return this.request("POST", path, { input, name }, { signal, timeoutMs: 330_000 });
  }

  /** @param {string} id @param {Failure & Signalled} [options] @returns {Promise<Changed>} */
  stop(id, { signal, ...why } = {}) {
    return this.steer(id, "/stop", why, { signal, repeatable: true });
  }

  /** @param {string} id @param {Signalled} [options] @returns {Promise<Changed>} */
  redrive(id, options) {
    return this.steer(id, "/redrive", {}, options);
  }

  /** The service's time in ms, by which ages are counted. */
  now() {
    return this.http.now();
  }

  /** Asks for a fresh credential, and follows again what had ended but is still watched. */
  reconnect() {
    const { hub, http, streams } = this;
    http.token = null;
    for (const socket of hub.sockets) socket.connect();
    for (const stream of streams.values()) {
      if (stream.users && !stream.detach) hub.open(stream);
    }
    hub.wake();
  }

  /** Leaves everything, at once. */
  close() {
    for (const stream of [...this.streams.values()]) this.hub.close(stream);
  }

  /** @param {string} id */
  path(id, what = "") {
    return execution(id) + what + query({ after: this.cursors.get(id) });
  }

  /** @param {string} path @param {object} body @param {StartOptions} [options] */
  async begin(path, body, { name, idempotencyKey, wait, credential, signal } = {}) {
    const options = { signal, timeoutMs: (wait ?? 0) * 1000 + this.http.timeoutMs };
    const asked = path + query({ wait, credential: credential ? 1 : null });
    const named = { ...body, name };
    try {
      const key = idempotencyKey ?? newKey();
      return this.note(await this.request("POST", asked, named, { ...options, key }));
    } catch (error) {
      const { code } = /** @type {HandrailError} */ (error);
      if (idempotencyKey || code !== "unsupported_by_type") throw error;
      return this.note(await this.request("POST", asked, named, options)); // Express: takes no key
    }
  }

  /** @param {string} id @param {string} what @param {object} body @param {RequestOptions} [options] */
  async steer(id, what, body, options) {
    const snapshot = this.note(await this.request("POST", this.path(id, what), body, options));
    // The answer is newer than what reads show: whoever watches sees it at once.
    for (const stream of this.streams.values()) {
      const { held, wanted } = stream;
      if (!stream.begun || held.execution?.execution !== snapshot.execution) continue;
      const { states, tasks, ...fields } = snapshot;
      const cursor = wanted.level === "events" ? held.cursor : (snapshot.cursor ?? held.cursor);
      const shown = wanted.level === "status" ? fields : snapshot;
      stream.take({ type: "reset", reason: what, snapshot: shown, cursor });
    }
    return snapshot;
  }

  /** @param {any} answer */
  note(answer) {
    const { cursors } = this;
    const { execution: id, cursor } = answer ?? {};
    if (!cursor) return answer;
    cursors.delete(id);
    cursors.set(id, cursor);
    if (cursors.size > REMEMBERED) cursors.delete([...cursors.keys()][0]);
    return answer;
  }
}

/** What waits for somebody: a task is named by its execution and its event's id. */
class Tasks {
  /** @param {Client} client */
  constructor(client) {
    this.client = client;
  }

  /** @param {string} id @param {Signalled} [options] @returns {Promise<{tasks: Task[]}>} */
  list(id, options) {
    return this.client.get(this.client.path(id, "/tasks"), options);
  }

  /**
   * @param {string} id @param {number} eventId @param {unknown} output @param {Signalled} [options]
   * @returns {Promise<Settled>}
   */
  succeed(id, eventId, output, options) {
    return this.settle(id, eventId, "success", { output }, options);
  }

  /**
   * @param {string} id @param {number} eventId @param {Failure} why @param {Signalled} [options]
   * @returns {Promise<Settled>}
   */
  fail(id, eventId, { error, cause }, options) {
    return this.settle(id, eventId, "failure", { error, cause }, options);
  }

  /**
   * @param {string} id @param {number} eventId @param {Signalled} [options]
   * @returns {Promise<{execution: string, event_id: number}>}
   */
  heartbeat(id, eventId, options) {
    return this.settle(id, eventId, "heartbeat", undefined, options);
  }

  /**
   * @param {string} id @param {number} eventId @param {string} outcome @param {unknown} body
   * @param {Signalled} [options]
   */
  settle(id, eventId, outcome, body, options) {
    const path = this.client.path(id, `/tasks/${eventId}/${outcome}`);
    return this.client.request("POST", path, body, { ...options, repeatable: true });
  }
}

/**
 * A client of the service at `url`. It asks nothing before it is used.
 * @param {import("./types.js").ClientOptions} [options]
 */
export const createClient = (options = {}) => new Client(options);
