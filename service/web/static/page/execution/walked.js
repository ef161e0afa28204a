// What an execution went through, as a graph: where its state machine isn't shown to the reader, or
// is no more.

/**
 * A graph as GET /v1/state-machines/{machine} has one, of the states that were entered and the ways
 * that were taken. Which of them stand in a Map or Parallel isn't told: they stand side by side.
 */
export function walkedGraph(states) {
  const entered = [...states.values()];
  const first = entered.find(({ entered_from: ways }) => ways.some(({ state }) => state === null));
  const nodes = entered.map(({ state, type }) => ({ id: state, type, start: state === first?.state }));
  const edges = entered.flatMap(({ state: target, entered_from: ways }) =>
    ways
      .filter(({ state: source }) => states.has(source))
      .map(({ state: source, caught }) => ({ source, target, kind: caught ? "catch" : "next" })),
  );
  return { nodes, edges };
}
