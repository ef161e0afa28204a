// Where no WebSocket can be had: the same messages by server-sent events, else by asking again.

import { backoffMs } from "./close_codes.js";
import { query, segment } from "./http.js";
import { changes } from "./view.js";

/** @typedef {import("./stream.js").Stream} Stream */
/** @typedef {import("./hub.js").Hub} Hub */
/** @typedef {{stream: Stream, hub: Hub, signal: AbortSignal}} There */

const HELD = 3; // requests that stay open: HTTP/1.1 has six a host, for all that a page asks
const EMPTY = 2; // event streams that brought nothing, and it asks instead
const LOOK_MS = 15_000; // between two looks at what has ended: it may be redriven
const ASK_MS = 5000;
const WAIT_S = 20;
const SILENCE_MS = 22_500; // one and a half of an event stream's keep-alives

let held = 0;

/**
 * Brings the stream its messages until the signal says stop.
 * @param {Stream} stream @param {Hub} hub @param {AbortSignal} signal
 */
export async function standIn(stream, hub, signal) {
  const there = { stream, hub, signal };
  const next = stream.wanted.list ? ofList(there) : ofExecution(there);
  for (let failures = 0; !signal.aborted; ) {
    let ms = 0;
    try {
      ms = await next();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const failure = /** @type {import("./http.js").HandrailError} */ (error);
      const { status, message, retryable } = failure;
      if (!retryable && status >= 400 && status < 500) return stream.fail(failure);
      failures += 1;
      ms = backoffMs(failures, hub.options.random);
      stream.cut();
      stream.seek({ reason: message, retryAt: Date.now() + ms });
    }
    await idle(there, ms);
  }
}

/** @param {There} there @param {number} ms at most */
function idle({ stream, signal }, ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    stream.wake = done;
  });
}

/** @param {There} there @param {"sse" | "poll"} transport @param {any} message */
function bring({ stream, signal }, transport, message) {
  if (signal.aborted) return;
  stream.via = { transport, heardAt: Date.now() };
  if (message) stream.take(message);
}

/** @param {There} there @returns {() => Promise<number>} each answers for how long to wait then */
function ofExecution(there) {
  const { stream, hub, signal } = there;
  const path = `v1/executions/${segment(String(stream.wanted.execution))}`;
  let empty = 0;
  let begun = false;
  return async () => {
    const room = held < HELD;
    held += Number(room);
    try {
      if (room && empty < EMPTY) {
        const messages = await streamed();
        empty = messages ? 0 : empty + 1;
        return messages === null || stream.completed ? LOOK_MS : messages ? 500 : 0;
      }
      return await asked(room ? WAIT_S : 0);
    } finally {
      held -= Number(room);
    }
  };

  /** How many messages an event stream brought; null where all is told. */
  async function streamed() {
    let [buffer, messages, expired] = ["", 0, false];
    const { begun, held, wanted } = stream;
    const onChunk = (/** @type {string} */ text) => {
      const parts = (buffer + text).split(/\r?\n\r?\n/);
      buffer = String(parts.pop());
      if (!parts.length) bring(there, "sse", null);
      for (const part of parts) {
        const data = part.split(/\r?\n/).filter((line) => line.startsWith("data:"));
        if (!data.length) continue;
        const message = hub.http.parse(data.map((line) => line.slice(5)).join("\n"));
        if (message.now) hub.http.skewMs = Date.parse(message.now) - Date.now();
        messages += 1;
        if (message.code === "credential_expired") expired = true;
        else bring(there, "sse", message);
      }
    };
    try {
      // Whoever holds nothing is to be told all, even if the execution has ended.
      const after = begun ? null : held.cursor;
      const asked = `${path}/stream${query({ level: wanted.level, after })}`;
      const last = begun ? { "Last-Event-ID": held.cursor } : null;
      const { status } = await hub.http.send("GET", asked, undefined, {
        headers: { Accept: "text/event-stream", ...last },
        timeoutMs: SILENCE_MS,
        signal,
        onChunk,
      });
      if (status === 204) {
        bring(there, "sse", null);
        stream.tell("live");
        return null;
      }
    } catch (error) {
      if (!messages) empty += 1;
      throw error;
    }
    if (expired) await hub.http.credential();
    return messages;
  }

  /** @param {number} waitS */
  async function asked(waitS) {
    const level = stream.wanted.level;
    const ask = (/** @type {string} */ path, waitMs = 0) =>
      hub.http.request("GET", path, undefined, { signal, once: true, timeoutMs: waitMs + 15_000 });
    try {
      const after = stream.held.cursor;
      if (!begun || !after) {
        const snapshot = await ask(path + query({ after }));
        begun = true;
        const { cursor } = snapshot;
        bring(there, "poll", { type: "subscribed", recovered: Boolean(after), snapshot, cursor });
        return 0;
      }
      const limit = level === "events" ? 100 : 1;
      const page = await ask(
        `${path}/events${query({ after, limit, wait: waitS || null })}`,
        waitS * 1000,
      );
      return Math.max(await tellOf(page, ask), waitS ? 0 : ASK_MS);
    } catch (error) {
      const { status } = /** @type {import("./http.js").HandrailError} */ (error);
      if (status === 0) empty = 0; // nothing gets through: it isn't the event stream's fault
      if (status !== 410) throw error;
      const snapshot = await ask(path); // another execution has the name now
      const { cursor } = snapshot;
      bring(there, "poll", { type: "reset", reason: "Another execution.", snapshot, cursor });
      return 0;
    }
  }

  /** @param {any} page @param {(path: string) => Promise<any>} ask */
  async function tellOf({ events, cursor, complete }, ask) {
    if (events.length) {
      const snapshot = await ask(path + query({ after: cursor }));
      const news = changes(stream.held, snapshot);
      const more = stream.wanted.level === "events" ? { events, cursor } : {};
      bring(there, "poll", { type: "update", ...news, ...more });
      return 0;
    }
    bring(there, "poll", null);
    stream.tell("live");
    if (!complete) return 0;
    const { status, output, error, cause } = stream.held.execution;
    const end = { type: "complete", cursor, status, output, error, cause };
    if (!stream.completed) bring(there, "poll", end);
    return LOOK_MS;
  }
}

/** @param {There} there @returns {() => Promise<number>} */
function ofList(there) {
  const { stream, hub, signal } = there;
  const { state_machine, status, limit } = /** @type {any} */ (stream.wanted.list);
  const path = `v1/executions${query({ state_machine, status, limit })}`;
  let begun = false;
  return async () => {
    if (begun && globalThis.document?.hidden) return LOOK_MS;
    const list = await hub.http.request("GET", path, undefined, { signal, once: true });
    const ids = new Set(list.executions.map((/** @type {any} */ row) => row.execution));
    const gone = stream.held.executions.filter((/** @type {any} */ row) => !ids.has(row.execution));
    const removed = gone.map((/** @type {any} */ row) => row.execution);
    const news = { type: "update", list: { ...list, removed } };
    bring(there, "poll", begun ? news : { type: "subscribed", recovered: false, list });
    begun = true;
    return ASK_MS;
  };
}
