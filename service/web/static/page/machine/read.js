// What the machine view asks of the service.

import { useEffect, useState } from "../html.js";
import { rawJson } from "../../client/index.js";
import { useReturn } from "../reach.js";
import { client } from "../session.js";

function path(name) {
  return `v1/state-machines/${encodeURIComponent(name).replaceAll("%3A", ":")}`;
}

/** A machine's name without its version or alias. */
export function baseOf(name) {
  return name.split(":")[0];
}

/**
 * `{machine, base, problem, retry}`: the machine, version or alias as the service shows it, and the
 * machine itself, which alone knows its versions and aliases.
 */
export function useMachine(name) {
  const [read, setRead] = useState({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const shown = client.get(`${path(name)}?definition_text=1`, { signal });
    const base = baseOf(name) === name ? shown : client.get(path(baseOf(name)), { signal });
    Promise.all([shown, base.catch(() => null)]).then(
      ([machine, itself]) => setRead({ machine, base: itself }),
      (problem) => signal.aborted || setRead({ problem }),
    );
    return () => leaving.abort();
  }, [name, turn]);
  const retry = () => {
    setRead({});
    setTurn(turn + 1);
  };
  useReturn(() => read.problem && retry());
  return { ...read, retry };
}

/** Why `handrail dev` left the folder of such a machine out; null where it left none out. */
export async function folderProblem(name) {
  const { problems } = await client.get("v1/state-machines");
  return problems.find((problem) => problem.name === name) ?? null;
}

/**
 * Starts an execution; `express` runs it to its end and answers its outcome. `input` is a JSON
 * text, sent as it is written. A try that is made again with the same key starts no second one.
 */
export async function start(name, { input, executionName, testCase, express, key }) {
  const body = {
    input: rawJson(input),
    name: executionName || undefined,
    case: testCase || undefined,
  };
  if (express)
    return client.request("POST", `${path(name)}/sync-executions`, body, { timeoutMs: 330_000 });
  return client.note(await client.request("POST", `${path(name)}/executions`, body, { key }));
}
