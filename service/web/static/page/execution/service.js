// Where an execution is found in the API, and what the reader may do with it.

import { can, useMe } from "../session.js";

/** A path of an execution's or a state machine's. */
export const executionPath = (id) => `v1/executions/${segment(id)}`;
export const machinePath = (name) => `v1/state-machines/${segment(name)}`;

function segment(text) {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}

/** Whether the reader may `{operate, start, complete}`; nothing until it is known who they are. */
export function useRights(id) {
  const machine = id.split(/[:/]/)[0];
  useMe();
  return {
    operate: can("operate", machine, id),
    start: can("start", machine),
    complete: can("complete", machine, id),
  };
}
