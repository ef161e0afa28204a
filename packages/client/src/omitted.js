// Messages too large for their transport come without their content: it is got by requests.

import { backoffMs } from "./close_codes.js";
import { query, segment } from "./http.js";

/** @typedef {import("./types.js").Message} Message */

const TRIES = 4;

/**
 * Whether a cursor lies before another: AWS's reads are eventually consistent. Cursors of different
 * executions of one name aren't compared.
 * @param {unknown} seen @param {unknown} told
 */
export function behind(seen, told) {
  const [before, until] = [seen, told].map((cursor) => String(cursor).split(":"));
  return before[0] === until[0] && Number(before[1]) < Number(until[1]);
}

/**
 * The message with its content, from a snapshot at least as new.
 * @param {Message} message @param {any} snapshot @param {unknown[]} [events]
 * @returns {Message}
 */
export function filled({ omitted, links: _, ...rest }, snapshot, events) {
  if (rest.type === "complete") {
    const { output = null, error = null, cause = null } = snapshot;
    return { ...rest, output, error, cause };
  }
  if (rest.type !== "update") return { ...rest, snapshot: { ...snapshot, cursor: rest.cursor } };
  const { states = [], tasks = [], cursor, links, ...execution } = snapshot;
  return { ...rest, execution, states, tasks, ...(events && { events }) };
}

/** @param {Message} message @param {import("./stream.js").Stream} stream */
export async function whole(message, { hub, wanted, held }) {
  const { cursor } = message;
  const path = `v1/executions/${segment(String(wanted.execution))}`;
  const snapshot = await reaching(cursor, path + query({ after: cursor }));
  if (message.type !== "update" || wanted.level !== "events") return filled(message, snapshot);
  const [epoch, last] = cursor.split(":");
  /** @type {any[]} */
  const events = [];
  let after = held.cursor ?? `${epoch}:0`;
  while (behind(after, cursor)) {
    const next = `${epoch}:${Number(after.split(":")[1]) + 1}`;
    const page = await reaching(next, `${path}/events${query({ after })}`);
    events.push(...page.events);
    after = page.cursor;
  }
  return filled(message, snapshot, events.filter(({ id }) => id <= Number(last)));

  /** Asks again while the answer lies behind. @param {string} until @param {string} path */
  async function reaching(until, path) {
    for (let tries = 1; ; tries += 1) {
      const answer = await hub.http.request("GET", path);
      if (!behind(answer.cursor, until)) return answer;
      if (tries >= TRIES) throw new Error("The service's snapshot is behind its stream.");
      const ms = backoffMs(tries, hub.options.random);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}
