// What a watcher holds: a snapshot with every message since applied. Messages carry whole states, so
// applying one twice changes nothing, and no status is derived. What didn't change stays the same
// object.

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Held} Held */
/** @typedef {import("./types.js").HeldList} HeldList */

/** @type {Held} */
export const EMPTY = Object.freeze({
  execution: {},
  states: new Map(),
  tasks: [],
  cursor: null,
});

/** @type {HeldList} */
export const EMPTY_LIST = Object.freeze({
  executions: [],
  counts: null,
  state_machines: [],
  unlisted: [],
  as_of: null,
});

/**
 * @param {any} a @param {any} b @param {number} [depth] what lies deeper counts as different
 * @returns {boolean}
 */
export function same(a, b, depth = 200) {
  if (a === b) return true;
  if (!depth || !a || !b || typeof a !== "object" || typeof b !== "object") return false;
  const keys = Object.keys(a);
  return (
    Object.getPrototypeOf(a) === Object.getPrototypeOf(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key], depth - 1))
  );
}

/** @type {<T>(before: T | undefined, after: T) => T} */
const kept = (before, after) => (before !== undefined && same(before, after) ? before : after);

/** @param {Record<string, any>} before @param {Record<string, any>} after */
const shared = (before, after) =>
  kept(
    before,
    Object.fromEntries(Object.entries(after).map(([key, it]) => [key, kept(before[key], it)])),
  );

/**
 * @template T
 * @param {readonly T[]} before @param {readonly T[]} after @param {(it: T) => unknown} key
 */
function sharedList(before, after, key) {
  const known = new Map(before.map((it) => [key(it), it]));
  const list = after.map((it) => kept(known.get(key(it)), it));
  return list.length === before.length && list.every((it, at) => it === before[at]) ? before : list;
}

/** @param {Held} view @param {any[]} given @param {boolean} all */
function statesOf(view, given, all) {
  /** @type {[string, any][]} */
  const news = given.map((state) => [state.state, kept(view.states.get(state.state), state)]);
  const states = new Map(all ? news : [...view.states, ...news]);
  const before = [...view.states];
  const unchanged = [...states].every(
    ([name, state], at) => before[at]?.[0] === name && before[at][1] === state,
  );
  return unchanged && states.size === before.length ? view.states : states;
}

/** @param {Held} view @param {any} shown @param {boolean} all */
function replaced(view, { states, tasks, cursor, ...execution }, all) {
  return {
    execution: shared(view.execution, all ? execution : { ...view.execution, ...execution }),
    states: states ? statesOf(view, states, all) : view.states,
    tasks: tasks ? sharedList(view.tasks, tasks, (task) => task.event_id) : view.tasks,
  };
}

/**
 * The view after a message. A recovered subscription's own cursor may stand ahead of updates still
 * to come, so it isn't taken over.
 * @param {Held} view @param {Message} message
 * @returns {Held}
 */
export function apply(view, message) {
  const { type, cursor, recovered, snapshot } = message;
  const at = (type === "subscribed" && recovered && view.cursor) || cursor || view.cursor;
  /** @type {Omit<Held, "cursor">} */
  let next = view;
  if (type === "update") {
    const { execution, states, tasks } = message;
    next = replaced(view, { ...execution, states, tasks }, false);
  } else if (type === "complete") {
    const names = ["status", "output", "error", "cause"].filter((name) => name in message);
    next = replaced(view, Object.fromEntries(names.map((name) => [name, message[name]])), false);
  } else if (snapshot && !(recovered && view.execution.execution)) {
    next = replaced(view, { states: [], tasks: [], ...snapshot }, true);
  }
  const { execution, states, tasks } = next;
  const unchanged =
    at === view.cursor &&
    execution === view.execution &&
    states === view.states &&
    tasks === view.tasks;
  return unchanged ? view : { execution, states, tasks, cursor: at };
}

/**
 * The same for a list of executions.
 * @param {HeldList} view @param {Message} message
 * @returns {HeldList}
 */
export function applyToList(view, { type, list }) {
  if (!list) return view;
  const { executions, removed = [], ...rest } = list;
  const rows = new Map(type === "update" ? view.executions.map((it) => [it.execution, it]) : []);
  for (const id of removed) rows.delete(id);
  for (const row of executions) rows.set(row.execution, row);
  const sorted = [...rows.values()].sort((a, b) =>
    a.started_at < b.started_at ? 1 : a.started_at > b.started_at ? -1 : 0,
  );
  return {
    .../** @type {any} */ (shared(view, rest)),
    executions: sharedList(view.executions, sorted, (row) => row.execution),
  };
}

/**
 * What an update would say of a snapshot, where there is no stream to say it.
 * @param {Held} view @param {any} snapshot
 */
export function changes(view, { states, tasks, cursor, links, ...fields }) {
  /** @type {Record<string, any>} */
  const before = view.execution;
  return {
    execution: Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => !same(before[name], value)),
    ),
    states: states.filter((/** @type {any} */ it) => !same(view.states.get(it.state), it)),
    tasks,
    cursor,
  };
}
