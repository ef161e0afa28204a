// Composables for Vue 3: what is known of an execution, and starting one.

import {
  computed,
  getCurrentScope,
  inject,
  onScopeDispose,
  readonly,
  shallowReadonly,
  shallowRef,
  toValue,
  watch,
} from "vue";
import { NOTHING } from "./nothing.js";

/** @typedef {import("./index.js").Client} Client */
/** @typedef {import("./types.js").Started} Started */
/** @typedef {import("./types.js").View} View */

const KEY = Symbol("handrail");

/**
 * A plugin: `app.use(handrail, client)`.
 * @type {{install: (app: import("vue").App, client: Client) => void}}
 */
export const handrail = { install: (app, client) => void app.provide(KEY, client) };

/** The app's client, or the one given. @param {Client} [given] @returns {Client} */
export function useHandrail(given) {
  const client = given ?? inject(KEY, null);
  if (!client) throw new Error("No client: app.use(handrail, client), or pass one.");
  return client;
}

/**
 * What is known of an execution, as refs that are kept up to date until the scope ends: `view`, and
 * its members. On a server, and while there is no id, nothing is known and nothing is asked.
 * @param {import("vue").MaybeRefOrGetter<string | null | undefined>} id
 * @param {{level?: import("./types.js").Level, client?: Client}} [options]
 */
export function useExecution(id, { level, client } = {}) {
  const hr = useHandrail(client);
  const view = shallowRef(NOTHING);
  let leave = () => {};
  if (typeof window !== "undefined") {
    watch(
      () => toValue(id),
      (wanted) => {
        leave();
        leave = () => {};
        view.value = NOTHING;
        if (!wanted) return;
        const run = hr.watch(wanted, { level });
        view.value = run.getSnapshot();
        leave = run.subscribe((next) => {
          view.value = next;
        });
      },
      { immediate: true },
    );
  }
  if (getCurrentScope()) onScopeDispose(() => leave());
  return {
    view: shallowReadonly(view),
    execution: computed(() => view.value.execution),
    states: computed(() => [...view.value.states.values()]),
    tasks: computed(() => view.value.tasks),
    connection: computed(() => view.value.connection),
    error: computed(() => view.value.error),
  };
}

/**
 * Refs `starting`, `execution` and `error`, and `start(input, options)`, which answers the started
 * execution, or null where it failed. While one start is under way, another call is the same start.
 * @param {import("vue").MaybeRefOrGetter<string>} machine @param {{client?: Client}} [options]
 */
export function useStart(machine, { client } = {}) {
  const hr = useHandrail(client);
  const starting = shallowRef(false);
  const execution = shallowRef(/** @type {Started | null} */ (null));
  const error = shallowRef(/** @type {import("./index.js").HandrailError | null} */ (null));
  /** @type {Promise<Started | null> | null} */
  let pending = null;
  const begin = async (/** @type {unknown} */ input, /** @type {any} */ options) => {
    starting.value = true;
    execution.value = error.value = null;
    try {
      execution.value = await hr.start(toValue(machine), input, options);
      return execution.value;
    } catch (problem) {
      error.value = /** @type {any} */ (problem);
      return null;
    } finally {
      starting.value = false;
      pending = null;
    }
  };
  /** @param {unknown} input @param {import("./types.js").StartOptions} [options] */
  const start = (input, options) => (pending ??= begin(input, options));
  return {
    start,
    starting: readonly(starting),
    execution: shallowReadonly(execution),
    error: shallowReadonly(error),
  };
}
