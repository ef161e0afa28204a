// What a list of executions shows, worked out of what was read: pure.

/**
 * All executions known, newest first: `live` is the head of the list as it stands now, of `limit` at
 * most, `older` what was read below it, or before. Of what lies within the head the head alone counts:
 * what is missing there has another status by now.
 */
export function merged(live, older, limit) {
  if (!older.length || live.length < limit) return live;
  const ids = new Set(live.map((row) => row.execution));
  const last = live.at(-1)?.started_at;
  const below = older.filter(
    (row) => !ids.has(row.execution) && (last === undefined || row.started_at <= last),
  );
  return below.length ? [...live, ...below].sort(newestFirst) : live;
}

function newestFirst(a, b) {
  return a.started_at < b.started_at ? 1 : a.started_at > b.started_at ? -1 : 0;
}

/** `from` and `to` are times in ms, null for none; `prefix` is how the name begins. */
export function matching(rows, { prefix = "", from = null, to = null }) {
  if (!prefix && from === null && to === null) return rows;
  const begins = prefix.toLowerCase();
  return rows.filter((row) => {
    const at = Date.parse(row.started_at);
    const within = (from === null || at >= from) && (to === null || at <= to);
    return within && row.name.toLowerCase().startsWith(begins);
  });
}

/**
 * Splits off what came on top of `shown` (ids, in order) since the reader looked away from the top:
 * `[rows, fresh]`, the rows to draw and how many wait.
 */
export function withoutNew(rows, shown) {
  const known = new Set(shown);
  const first = rows.findIndex((row) => known.has(row.execution));
  return first > 0 ? [rows.slice(first), first] : [rows, 0];
}

/** The times that a range of the address means: `1h`, `24h`, `7d`, or `FROM..TO` as a field has them. */
export function timesOf(range, now) {
  const found = /^(\d+)([hd])$/.exec(range ?? "");
  if (found) return { from: now - Number(found[1]) * (found[2] === "h" ? 3.6e6 : 8.64e7), to: null };
  const [from, to] = (range ?? "").split("..").map((text) => Date.parse(text));
  // A field tells the minute: the whole of the last one is meant.
  return {
    from: Number.isNaN(from) ? null : from,
    to: to === undefined || Number.isNaN(to) ? null : to + 59_999,
  };
}
