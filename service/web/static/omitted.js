// Values too large for a socket's transport: a message leaves them out and names them in `omitted`, and
// a follower takes them from the REST snapshot. Pure.

/** The message with what it omitted filled in; what the snapshot has not stays named. */
export function filled(message, snapshot) {
  const { omitted, ...whole } = structuredClone(message);
  const left = omitted.filter((path) => !fill(whole, path, snapshot));
  return left.length ? { ...whole, omitted: left } : whole;
}

/**
 * Whether a snapshot's cursor lies before a message's: AWS's reads are eventually consistent. Cursors
 * of different executions of one name are not compared.
 */
export function behind(snapshot, message) {
  const [seen, told] = [snapshot, message].map((cursor) => String(cursor).split(":"));
  return seen[0] === told[0] && Number(seen[1]) < Number(told[1]);
}

function fill(message, path, snapshot) {
  const holder = message.snapshot ?? message;
  const [head, name] = path.split(".");
  if (head === "states") return fillState(holder.states ?? [], path.slice(7), snapshot.states ?? []);
  if (head === "execution" && name in snapshot) {
    const fields = message.type === "update" ? holder.execution : holder;
    fields[name] = snapshot[name];
    return true;
  }
  if (head === "tasks") holder.tasks = snapshot.tasks;
  return head === "tasks";
}

// A state's name may hold dots, so it is looked for and not cut off.
function fillState(states, path, known) {
  const named = states.filter(({ state }) => path.startsWith(`${state}.`));
  const [found] = named.sort((a, b) => b.state.length - a.state.length);
  const whole = known.find(({ state }) => state === found?.state);
  if (!whole) return false;
  const [member] = path.slice(found.state.length + 1).split(".");
  if (!(member in whole)) return false;
  found[member] = whole[member];
  return true;
}
