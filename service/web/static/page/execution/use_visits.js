// The visits to a state, as they are read.

import { useEffect, useRef, useState } from "../html.js";
import { client } from "../session.js";
import { executionPath } from "./service.js";

const EAGER_MS = 150;
const CALM_MS = 1500;

/**
 * The visits to `document`'s state, newest first, read again when it changes: `{visits, more,
 * problem, childrenOf, loadMore()}`; `visits` is undefined until the first are there.
 */
export function useVisits(id, document) {
  const [read, setRead] = useState({});
  const shown = useRef({ at: 0 });
  const state = document?.state;
  const request = (page) => {
    const asked = new URLSearchParams({ state, ...(page && { page }) });
    return client.get(`${executionPath(id)}/visits?${asked}`);
  };
  useEffect(() => {
    shown.current = { at: 0, state };
    setRead({ state });
  }, [id, state]);
  useEffect(() => {
    if (!document) return undefined;
    let left = false;
    const { at } = shown.current;
    const waitMs = at ? Math.max(EAGER_MS, at + CALM_MS - Date.now()) : 0;
    const timer = setTimeout(async () => {
      shown.current.at = Date.now();
      try {
        const page = await request();
        if (!left) setRead((before) => merged(before, page, state));
      } catch (problem) {
        if (!left) setRead((before) => ({ ...before, state, problem }));
      }
    }, waitMs);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [id, document]);
  const loadMore = async () => {
    try {
      const page = await request(read.more);
      setRead((before) => older(before, page, state));
    } catch (problem) {
      setRead((before) => ({ ...before, problem }));
    }
  };
  return read.state === state ? { ...read, loadMore } : { loadMore };
}

const keyOf = (visit) => visit.event_ids[0];

// The newest page over what was read before: what lies behind it stays.
function merged(before, page, state) {
  const known = new Set(page.visits.map(keyOf));
  const behind = (before.visits ?? []).filter((visit) => !known.has(keyOf(visit)));
  const joined = behind.length && behind.length < (before.visits?.length ?? 0);
  return {
    state,
    visits: joined ? [...page.visits, ...behind] : page.visits,
    more: joined ? before.more : page.next_page,
    childrenOf: page.child_executions_of,
  };
}

function older(before, page, state) {
  const known = new Set(before.visits.map(keyOf));
  const fresh = page.visits.filter((visit) => !known.has(keyOf(visit)));
  return { ...before, state, visits: [...before.visits, ...fresh], more: page.next_page };
}
