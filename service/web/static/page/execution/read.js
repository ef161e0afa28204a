// What the view reads besides the live run: the state machine.

import { asks } from "../credential.js";
import { useEffect, useMemo, useState } from "../html.js";
import { useReturn } from "../reach.js";
import { can, client, useSession } from "../session.js";
import { machinePath } from "./service.js";
import { walkedGraph } from "./walked.js";

/**
 * `{machine}` or `{problem}`, of the version that runs where one is; `again()` reads anew. `closed`
 * says why there is none: the reader may not see it, or it is no more.
 */
export function useMachine(name, version) {
  const [read, setRead] = useState({});
  const [turn, setTurn] = useState(0);
  const { me, epoch } = useSession();
  const reference = version ? `${name}:${version}` : name;
  const barred = me !== null && Boolean(name) && !can("read", name.split("/")[0]);
  const ask = Boolean(name) && !barred && (me !== null || !asks);
  useEffect(() => {
    if (!ask) return undefined;
    let left = false;
    client.get(machinePath(reference)).then(
      (machine) => left || setRead({ machine }),
      (problem) => left || setRead((before) => (before.machine ? before : { problem })),
    );
    return () => {
      left = true;
    };
  }, [reference, turn, epoch, ask]);
  const { machine, problem } = read;
  const again = () => setTurn(turn + 1);
  useReturn(() => problem && again());
  if (machine) return { machine };
  if (barred) return { closed: "The state machine itself isn't open to you" };
  if (problem?.status === 404) {
    return { closed: version ? "This version is no more" : "The state machine is no more" };
  }
  return { problem, again };
}

/** The state machine, or in its place what the execution went through. */
export function useDrawn({ machine, closed }, states) {
  const walked = closed ? JSON.stringify(walkedGraph(states)) : null;
  return useMemo(
    () => machine ?? (walked && { name: "what was entered", graph: JSON.parse(walked) }),
    [machine, walked],
  );
}
