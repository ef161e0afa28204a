// State machines to draw, as GET /v1/state-machines/{machine} answers them.

/** The answer's `graph` of a definition; a choice's label is its rule's `says`. */
export function machineOf(definition, name = "drawn") {
  const found = { nodes: [], edges: [] };
  const scopes = [{ scope: definition, parent: null, branch: null }];
  while (scopes.length) {
    const { scope, parent, branch } = scopes.shift();
    for (const [id, state] of Object.entries(scope.States)) {
      const end = state.End === true || ["Succeed", "Fail"].includes(state.Type);
      const start = id === scope.StartAt;
      const map_mode = state.Type === "Map" ? "INLINE" : null;
      const rest = { resource: null, comment: state.Comment ?? null, waits_for_callback: false };
      found.nodes.push({ id, type: state.Type, parent, branch, start, end, map_mode, ...rest });
      const arrow = (target, kind, label = null) =>
        found.edges.push({ source: id, target, kind, label });
      if (state.Next) arrow(state.Next, "next");
      for (const rule of state.Choices ?? []) arrow(rule.Next, "choice", rule.says);
      if (state.Default) arrow(state.Default, "default");
      for (const each of state.Catch ?? []) arrow(each.Next, "catch", each.ErrorEquals.join(", "));
      const inner = state.Branches ?? (state.ItemProcessor ? [state.ItemProcessor] : []);
      inner.forEach((each, at) => scopes.push({ scope: each, parent: id, branch: at }));
    }
  }
  return { name, definition, graph: found };
}

const pass = (Next) => (Next ? { Type: "Pass", Next } : { Type: "Pass", End: true });

/** A poll: a loop back, a Catch into the loop, a rule that leads to its own state. */
export const POLL = machineOf({
  StartAt: "Begin",
  States: {
    Begin: pass("Wait a while"),
    "Wait a while": { Type: "Wait", Seconds: 3, Next: "Get status" },
    "Get status": {
      Type: "Task",
      Next: "Done?",
      Retry: [{ ErrorEquals: ["States.ALL"] }],
      Catch: [{ ErrorEquals: ["States.Timeout", "Lambda.TooManyRequests"], Next: "Wait a while" }],
    },
    "Done?": {
      Type: "Choice",
      Choices: [
        { Next: "Report", says: '$.status StringEquals "SUCCEEDED"' },
        { Next: "Report", says: '$.status StringEquals "SKIPPED"' },
        { Next: "Failed", says: '$.status StringEquals "FAILED"' },
        { Next: "Done?", says: "$.again IsPresent true" },
      ],
      Default: "Wait a while",
    },
    Report: pass(),
    Failed: { Type: "Fail" },
  },
});

/** A Parallel of so many branches, two states each, then a Map. */
export function fan(branches) {
  const branch = (_, at) => ({
    StartAt: `A${at}`,
    States: { [`A${at}`]: pass(`B${at}`), [`B${at}`]: pass() },
  });
  const Branches = Array.from({ length: branches }, branch);
  const ItemProcessor = { StartAt: "Inner", States: { Inner: pass() } };
  const Each = { Type: "Map", ItemProcessor, End: true };
  return machineOf({
    StartAt: "Fan",
    States: { Fan: { Type: "Parallel", Branches, Next: "Each" }, Each },
  });
}

/** So many states with ways ahead and back, near and far, the same ones each time. */
export function thicket(states) {
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const name = (number) => `State ${Math.max(0, Math.min(states - 1, number))}`;
  const States = {};
  for (let at = 0; at < states; at += 1) {
    const Next = name(at + 1);
    States[name(at)] = pass(Next);
    if (at === states - 1) States[name(at)] = { Type: "Succeed" };
    else if (at % 5 === 1) {
      const ahead = { Next: name(at + 2 + random(6)), says: `$.n NumericGreaterThan ${at}` };
      const back = { Next: name(at - 1 - random(4)), says: "$.again BooleanEquals true" };
      States[name(at)] = { Type: "Choice", Choices: [ahead, back], Default: Next };
    } else if (at % 5 === 3) {
      const far = { ErrorEquals: ["States.ALL"], Next: name(at % 2 ? states - 1 : at - 20) };
      States[name(at)] = { Type: "Task", Next, Catch: [far] };
    }
  }
  return machineOf({ StartAt: name(0), States });
}

/** A Map in a Parallel in a Map, beside a loop. */
export const NESTED = machineOf({
  StartAt: "Outer",
  States: {
    Outer: {
      Type: "Map",
      ItemProcessor: {
        StartAt: "Both",
        States: {
          Both: {
            Type: "Parallel",
            End: true,
            Branches: [
              {
                StartAt: "In",
                States: { In: { Type: "Map", ItemProcessor: scopeOf("P", "Q"), End: true } },
              },
              {
                StartAt: "X",
                States: {
                  X: {
                    Type: "Choice",
                    Choices: [{ Next: "Y", says: "$.n NumericLessThan 3" }],
                    Default: "Z",
                  },
                  Y: pass("X"),
                  Z: { Type: "Succeed" },
                },
              },
            ],
          },
        },
      },
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Oops" }],
      Next: "End",
    },
    Oops: { Type: "Fail" },
    End: { Type: "Succeed" },
  },
});

function scopeOf(first, second) {
  return { StartAt: first, States: { [first]: pass(second), [second]: pass() } };
}
