// When each state was visited: what the snapshot tells, and what the service's timeline does.

const MOST = 20_000;

/** What the snapshot alone knows: one visit a state. */
export function visitsOfStates(states) {
  return [...states.values()].map((state) => ({
    state: state.state,
    type: state.type,
    status: state.status,
    entered_at: state.first_entered_at,
    exited_at: state.running ? null : state.last_changed_at,
    attempts: state.retries + 1,
  }));
}

/** Whether the snapshot doesn't tell when each visit was. */
export function needsTimeline(states) {
  return [...states.values()].some((state) => state.entered > 1);
}

/** The visits with those of a page in place of what was known of them, in the order of entry. */
export function merged(known, page) {
  const all = new Map(known);
  for (const visit of page) all.set(visit.event_id, visit);
  return all;
}

/** All pages of what changed behind `since`, null: all; at most `MOST` visits. */
export async function readTimeline(get, id, since, signal) {
  const visits = [];
  let page = null;
  let answer;
  do {
    const asked = new URLSearchParams();
    if (since) asked.set("since", since);
    if (page) asked.set("page", page);
    const query = String(asked);
    answer = await get(`v1/executions/${encodeURIComponent(id)}/timeline${query && `?${query}`}`, {
      signal,
    });
    visits.push(...answer.visits);
    page = answer.next_page;
  } while (page && visits.length < MOST);
  return { visits, total: answer.total, cursor: answer.cursor };
}
