// A state machine's executions: the newest live, and what was read below them page by page.

import { useEffect, useRef, useState } from "../html.js";
import { client } from "../session.js";
import { merged } from "./rows.js";
import { useList } from "./use_list.js";

const HEAD = 50;
const MOST_LIVE = 200;
const PAGE = 100;
const SEARCHED = 1000; // AWS lists so many at once: looking through them costs no more

/**
 * `{rows, counts, asOf, connection, problem, more, next, loading, olderAsOf}`: `rows` is null before the
 * first answer, `more` reads on where `next` says that there is more. While `searching` pages are large.
 */
export function useExecutions({ machine, status, searching }) {
  const key = JSON.stringify([machine, status]);
  const [older, setOlder] = useState({ rows: [] });
  const below = older.key === key ? older : { rows: [] };
  const limit = Math.min(MOST_LIVE, Math.max(HEAD, below.rows.length));
  const list = useHeld(useList({ machine, status: status ?? undefined, limit }), key);
  const known = merged(list.rows ?? [], below.rows, list.limit);
  const asked = useRef(0);
  const more = async () => {
    const ticket = (asked.current += 1);
    setOlder({ ...below, key, loading: true, problem: null });
    let next;
    try {
      const page = await read({ machine, status, limit: searching ? SEARCHED : PAGE, page: below.next });
      const rows = merged(known, page.executions, 0);
      next = { key, rows, next: page.next_page, asOf: page.as_of };
    } catch (problem) {
      next = { ...below, key, loading: false, problem };
    }
    if (asked.current === ticket) setOlder(next);
  };
  const untouched = below.next === undefined && !below.loading && !below.problem;
  const full = list.rows?.length >= HEAD;
  useEffect(() => {
    if (searching && full && untouched) more();
  }, [searching, full, untouched, key]);
  return {
    ...list,
    rows: list.rows && known,
    problem: list.problem ?? below.problem,
    loading: Boolean(below.loading),
    next: below.next === undefined ? full : below.next !== null,
    olderAsOf: below.rows.length > MOST_LIVE ? below.asOf : null,
    more,
  };
}

// With another length the list begins anew: until it is there, what was there stays.
function useHeld(list, key) {
  const held = useRef({});
  if (list.rows || list.problem) held.current = { key, list };
  return !list.rows && held.current.key === key ? held.current.list : list;
}

function read({ machine, status, limit, page }) {
  const asked = new URLSearchParams({ state_machine: machine, limit });
  if (status) asked.set("status", status);
  if (page) asked.set("page", page);
  return client.get(`v1/executions?${asked}`);
}
