// What the overview says of waiting tasks: pure.

/** A sentence on what wasn't looked into; null where there is nothing to say. */
export function missing({ complete, tasks, state_machines: machines, unlisted }) {
  if (complete) return null;
  const some = tasks?.length === 0 ? "Some may wait" : "Others may wait too";
  const [failed] = unlisted;
  if (failed) return `${some}. ${failed.state_machine}: ${failed.detail}`;
  const listed = machines.filter(({ running }) => running !== null);
  const sum = (name) => listed.reduce((total, each) => total + each[name], 0);
  const [read, running, unseen] = [sum("read"), sum("running"), machines.length - listed.length];
  if (read < running) return `${some}: ${read} of ${running} running executions were looked into.`;
  if (unseen) return `${some}: ${machinesText(unseen)} looked into yet.`;
  return `${some}, in executions that aren't listed.`;
}

function machinesText(count) {
  return count === 1 ? "1 state machine wasn't" : `${count} state machines weren't`;
}

/** How long until it is worth asking again; `quietMs` ago a list showed a change. */
export function pauseMs(found, quietMs = Infinity) {
  if (!found) return 10_000;
  if (!found.complete || quietMs < 10_000) return 2000;
  return found.state_machines.some(({ running }) => running) ? 5000 : 15_000;
}
