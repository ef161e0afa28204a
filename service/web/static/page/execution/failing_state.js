// Which state made an execution fail. Pure.

const FAILURES = new Set(["FAILED", "TIMED_OUT"]);

/**
 * The state that made an execution fail: from the outermost failed one inward, to the one whose
 * error became that of those around it. Null where no state failed.
 */
export function failingState(execution, states, nodes) {
  if (!FAILURES.has(execution.status)) return null;
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent ?? null]));
  let around = null;
  let error = execution.error;
  for (;;) {
    const inside = [...states.values()].filter(
      (state) => FAILURES.has(state.status) && (parents.get(state.state) ?? null) === around,
    );
    const said = inside.filter((state) => state.last_error?.error === error);
    const [first] = (said.length ? said : inside).sort(
      (a, b) => a.last_changed_at.localeCompare(b.last_changed_at) || holds(a) - holds(b),
    );
    if (!first) return around;
    around = first.state;
    error = first.last_error?.error ?? error;
  }
}

// What holds others fails of one of them: where the definition doesn't tell, that one is meant.
function holds({ type }) {
  return Number(type === "Map" || type === "Parallel");
}
