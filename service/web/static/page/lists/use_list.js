// A list of executions, live.

import { useMemo } from "../html.js";
import { client, useSession } from "../session.js";
import { useRun } from "../watch.js";

/**
 * Follows the newest executions of a state machine while `on`:
 * `{rows, limit, counts, asOf, unlisted, connection, problem}`; `rows` is null before AWS was asked,
 * which `unlisted` tells of where it takes a while. With another filter it begins anew.
 */
export function useList({ machine, status, limit }, on = true) {
  const { epoch } = useSession();
  const run = useMemo(
    () => (on ? client.watchList({ machine, status, limit }) : null),
    [machine, status, limit, on, epoch],
  );
  const view = useRun(run);
  if (!view) return { rows: null, limit, unlisted: [] };
  return {
    limit,
    rows: view.executions.length || (view.as_of && !view.unlisted.length) ? view.executions : null,
    counts: view.counts,
    asOf: view.as_of,
    unlisted: view.unlisted,
    connection: view.connection,
    problem: view.error,
  };
}
