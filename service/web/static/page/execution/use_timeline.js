// Keeps an execution's visits up to date: from the snapshot where every state was entered once, else
// from the service's timeline, read again behind what is known as the execution goes on.

import { useEffect, useMemo, useRef, useState } from "../html.js";
import { client } from "../session.js";
import { merged, needsTimeline, readTimeline, visitsOfStates } from "./visits.js";

const PAUSE_MS = 1000; // between two reads, at least
const PATIENCE = 4; // and so many times as long as the last one took

/**
 * `{visits, total, problem}` of the execution: `total` is more than `visits.length` where there are
 * too many to be shown.
 */
export function useTimeline(id, view) {
  const [read, setRead] = useState({ known: new Map(), total: 0, problem: null });
  const reading = useRef({ busy: false, since: null, notBefore: 0 });
  const wanted = needsTimeline(view.states);
  const moved = newest(view.states);
  useEffect(() => {
    reading.current = { busy: false, since: null, notBefore: 0 };
    setRead({ known: new Map(), total: 0, problem: null });
  }, [id]);
  useEffect(() => {
    if (!wanted) return undefined;
    const state = reading.current;
    const leaving = new AbortController();
    const timer = setTimeout(async () => {
      const began = performance.now();
      try {
        const found = await readTimeline((...asked) => client.get(...asked), id, state.since, leaving.signal);
        if (leaving.signal.aborted) return;
        state.since = found.cursor;
        setRead((before) => ({
          known: merged(before.known, found.visits),
          total: found.total,
          problem: null,
        }));
      } catch (problem) {
        if (!leaving.signal.aborted) setRead((before) => ({ ...before, problem }));
      }
      const took = performance.now() - began;
      state.notBefore = performance.now() + Math.max(PAUSE_MS, PATIENCE * took);
    }, Math.max(0, state.notBefore - performance.now()));
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [id, wanted, moved]);
  const visits = useMemo(
    () => (wanted ? [...read.known.values()] : visitsOfStates(view.states)),
    [wanted, read.known, view.states],
  );
  return { visits, total: wanted ? read.total : visits.length, problem: read.problem };
}

// What changes when a visit begins or ends.
function newest(states) {
  let last = "";
  let entered = 0;
  for (const state of states.values()) {
    if (state.last_changed_at > last) last = state.last_changed_at;
    entered += state.entered + state.retries;
  }
  return `${entered} ${last}`;
}
