// What a view shows of an execution, live: `useWatch(id)`; lists by `useRun`.

import { useEffect, useMemo, useState } from "./html.js";
import { doubt } from "./reach.js";
import { client, signIn, useSession } from "./session.js";

const NOT_SIGNED_IN = new Set([4002, 4401, "unauthenticated", "credential_expired"]);

/**
 * `{execution, states: Map, tasks, connection, error}`, drawn at most once a frame. It is followed
 * while the view stands, and a few seconds longer.
 */
export function useWatch(id, level = "states") {
  const { epoch } = useSession();
  return useRun(useMemo(() => client.watch(id, { level }), [id, level, epoch]));
}

/** What one `watch` or `watchList` of the client holds, kept up to date; null for none. */
export function useRun(run) {
  const [, setView] = useState(null);
  useEffect(() => run?.subscribe(setView), [run]);
  const view = run?.getSnapshot();
  const { state, code, reason } = view?.connection ?? {};
  useEffect(() => {
    if (state === "resuming") doubt();
    if (state === "ended" && (NOT_SIGNED_IN.has(code) || view.error?.status === 401)) signIn(reason);
  }, [state, code]);
  return view ?? null;
}
