// Hooks for React 18 and newer: what is known of an execution, and starting one.

import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { NOTHING } from "./nothing.js";

/** @typedef {import("./index.js").Client} Client */
/** @typedef {import("./types.js").Started} Started */
/** @typedef {import("./types.js").View} View */

const ClientContext = createContext(/** @type {Client | null} */ (null));

/**
 * Gives the hooks below it their client.
 * @param {{client: Client, children?: import("react").ReactNode}} props
 */
export function HandrailProvider({ client, children }) {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest provider, or the one given. @param {Client} [given] @returns {Client} */
export function useHandrail(given) {
  const provided = useContext(ClientContext);
  const client = given ?? provided;
  if (!client) throw new Error("No client: put a HandrailProvider around this, or pass one.");
  return client;
}

const noop = () => {};

/**
 * What is known of an execution, kept up to date while the component is mounted. On a server, and
 * while there is no id, nothing is known and nothing is asked.
 * @param {string | null | undefined} id
 * @param {{level?: import("./types.js").Level, client?: Client}} [options]
 * @returns {View}
 */
export function useExecution(id, { level, client } = {}) {
  const hr = useHandrail(client);
  const run = useMemo(() => (id ? hr.watch(id, { level }) : null), [hr, id, level]);
  const subscribe = useCallback(
    (/** @type {() => void} */ changed) => run?.subscribe(changed) ?? noop,
    [run],
  );
  return useSyncExternalStore(subscribe, run ? run.getSnapshot : nothing, nothing);
}

const nothing = () => NOTHING;

/**
 * `{start, starting, execution, error, reset}`. `start(input, options)` answers the started
 * execution, or null where it failed: `error` says why. While one start is under way, another call
 * is the same start: two clicks start one execution.
 * @param {string} machine @param {{client?: Client}} [options]
 */
export function useStart(machine, { client } = {}) {
  const hr = useHandrail(client);
  const [state, setState] = useState(AT_REST);
  const mounted = useRef(false);
  const pending = useRef(/** @type {Promise<Started | null> | null} */ (null));
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  const start = useCallback(
    /**
     * @param {unknown} input @param {import("./types.js").StartOptions} [options]
     * @returns {Promise<Started | null>}
     */
    (input, options) => {
      const tell = (/** @type {Start} */ next) => mounted.current && setState(next);
      tell({ ...AT_REST, starting: true });
      pending.current ??= hr
        .start(machine, input, options)
        .then(
          (execution) => {
            tell({ ...AT_REST, execution });
            return execution;
          },
          (error) => {
            tell({ ...AT_REST, error });
            return null;
          },
        )
        .finally(() => {
          pending.current = null;
        });
      return pending.current;
    },
    [hr, machine],
  );
  const reset = useCallback(() => setState(AT_REST), []);
  return useMemo(() => ({ ...state, start, reset }), [state, start, reset]);
}

/**
 * @typedef {object} Start
 * @property {boolean} starting
 * @property {Started | null} execution the snapshot, as the start left it
 * @property {import("./index.js").HandrailError | null} error
 */

/** @type {Start} */
const AT_REST = Object.freeze({ starting: false, execution: null, error: null });
