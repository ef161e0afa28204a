// For tests of what uses the client: a client that replays recorded executions, by a clock that the
// test moves. Views, iteration and `finished` are the real client's; only the service is not there.

import { Client, HandrailError } from "./index.js";

const { queueMicrotask, setTimeout } = globalThis; // the real ones, where a test has fakes

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./stream.js").Stream} Stream */

/**
 * A recorded message, and when it came: ms after the first.
 * @typedef {{at: number, message: Message}} RecordedMessage
 */

/**
 * Reads a recording: a line a message, `{"at": ms, "message": {…}}` as `record` makes them, or
 * messages alone, as `handrail watch --json` prints them; those are given the times that they tell.
 * @param {string} text @returns {RecordedMessage[]}
 */
export function parseRecording(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  let began = NaN;
  let at = 0;
  return lines.map((line) => {
    const parsed = JSON.parse(line);
    if (typeof parsed.at === "number") return parsed;
    const told = newest(parsed);
    if (Number.isNaN(began)) began = told;
    if (told > began + at) at = told - began;
    return { at, message: parsed };
  });
}

/** The newest time that a message tells, in ms. @param {Message} message */
function newest({ snapshot, execution, states = [] }) {
  const of = { ...snapshot, ...execution };
  const times = [...(snapshot?.states ?? []), ...states].map((state) => state.last_changed_at);
  const known = [of.started_at, of.stopped_at, ...times].filter(Boolean).map((it) => Date.parse(it));
  return known.length ? Math.max(...known) : NaN;
}

/** The text of a recording. @param {readonly RecordedMessage[]} recording */
export const recordingText = (recording) =>
  recording.map((line) => `${JSON.stringify(line)}\n`).join("");

/**
 * Records an execution to its end, as a real client hears of it.
 * @param {Client} client @param {string} id
 * @param {{level?: import("./types.js").Level, signal?: AbortSignal}} [options]
 * @returns {Promise<RecordedMessage[]>}
 */
export async function record(client, id, { level, signal } = {}) {
  const recording = [];
  let began = NaN;
  for await (const message of client.watch(id, { level }).messages({ signal })) {
    const now = performance.now();
    if (Number.isNaN(began)) began = now;
    recording.push({ at: Math.round(now - began), message });
  }
  return recording;
}

/**
 * A client without a service. `recordings` are by execution; `start` answers the execution that a
 * start begins, by default the one recorded execution of that state machine; `answer(call)` answers
 * any other request, by default `{}`.
 * @param {{
 *   recordings?: Record<string, readonly RecordedMessage[] | string>,
 *   start?: (machine: string, input: unknown) => string,
 *   answer?: (call: Call) => unknown,
 * }} [options]
 */
export const createFake = (options = {}) => new FakeClient(options);

/** @typedef {{method: string, path: string, body: any}} Call */

class FakeClient extends Client {
  /** @param {NonNullable<Parameters<typeof createFake>[0]>} options */
  constructor({ recordings = {}, start, answer = () => ({}) }) {
    super({});
    /** What was asked besides watching, in order. @type {Call[]} */
    this.calls = [];
    this.answer = answer;
    this.chosen = start;
    const read = (/** @type {any} */ it) => (typeof it === "string" ? parseRecording(it) : it);
    /** @type {Map<string, RecordedMessage[]>} */
    this.recordings = new Map(Object.entries(recordings).map(([id, it]) => [id, read(it)]));
    /** Ms since the fake was made, as the test moved them. */
    this.clock = 0;
    /** @type {Map<Stream, {began: number, next: number}>} */
    this.playing = new Map();
    /** When each execution began. @type {Map<string, number>} */
    this.began = new Map();
    /** @type {any} */ (this).hub = {
      options: {},
      soon: queueMicrotask,
      open: (/** @type {Stream} */ stream) => this.play(stream),
      leave: (/** @type {Stream} */ stream) => this.rest(stream),
      close: (/** @type {Stream} */ stream) => {
        clearTimeout(stream.linger);
        this.rest(stream);
        stream.forget();
        stream.tell("idle");
        for (const hear of [...stream.hearers]) hear();
      },
      failed: (/** @type {Stream} */ stream, /** @type {any} */ { code, detail, retryable }) => {
        if (retryable) stream.tell("unreachable", { reason: detail, code });
        else stream.fail(new HandrailError({ code, detail, retryable }));
      },
      again: () => {},
      wake: () => {},
    };
  }

  /** @param {Stream} stream */
  play(stream) {
    const id = stream.wanted.execution ?? "";
    stream.detach = () => this.playing.delete(stream);
    if (!this.recordings.has(id)) {
      const error = { status: 404, code: "execution_not_found", title: "There is no recording." };
      return stream.fail(new HandrailError({ ...error, retryable: false }));
    }
    if (!this.began.has(id)) this.began.set(id, this.clock);
    stream.tell("connecting");
    this.playing.set(stream, { began: this.began.get(id) ?? 0, next: 0 });
    queueMicrotask(() => this.due());
    return undefined;
  }

  /** @param {Stream} stream */
  rest(stream) {
    stream.off();
    this.playing.delete(stream);
  }

  due() {
    for (const [stream, at] of [...this.playing]) {
      const recording = this.recordings.get(stream.wanted.execution ?? "") ?? [];
      while (at.next < recording.length && at.began + recording[at.next].at <= this.clock) {
        const { message } = recording[at.next];
        at.next += 1;
        stream.via = { transport: "websocket", heardAt: this.clock };
        stream.take(message);
        if (!this.playing.has(stream)) break;
      }
    }
  }

  /** Time goes on by `ms`: what was recorded for it is heard. */
  async advance(/** @type {number} */ ms) {
    await Promise.resolve();
    this.clock += ms;
    this.due();
    await new Promise((resolve) => setTimeout(resolve)); // who listens draws it
  }

  /** Plays all to the end. */
  async finish() {
    const last = [...this.recordings.values()].map((recording) => recording.at(-1)?.at ?? 0);
    await this.advance(Math.max(0, ...last));
  }

  /** The connection is lost, until `reconnected`. */
  async disconnected(reason = "") {
    for (const stream of this.playing.keys()) {
      stream.tell("resuming", { reason, retryAt: this.clock });
    }
    await this.advance(0);
  }

  /** It is back, where it was. */
  async reconnected() {
    for (const stream of this.playing.keys()) stream.tell("live");
    await this.advance(0);
  }

  /**
   * @param {string} method @param {string} path @param {any} [body]
   * @returns {Promise<any>}
   */
  async request(method, path, body) {
    const call = { method, path, body };
    this.calls.push(call);
    return this.answer(call);
  }

  /** @param {string} path */
  get(path) {
    return this.request("GET", path);
  }

  /** @param {string} machine @param {unknown} input */
  async start(machine, input) {
    this.calls.push({ method: "POST", path: `v1/state-machines/${machine}/executions`, body: { input } });
    const id = this.chosen
      ? this.chosen(machine, input)
      : [...this.recordings.keys()].find((it) => it.split(":")[0] === machine);
    if (!id) throw new HandrailError({ status: 404, title: `No execution of ${machine} is recorded.` });
    this.began.set(id, this.clock);
    const first = this.recordings.get(id)?.find(({ message }) => message.snapshot)?.message;
    return { execution: id, ...first?.snapshot, input };
  }
}
