// What a follower holds: the snapshot with every message since applied. Messages carry whole states,
// so applying one twice changes nothing, and no status is ever derived here.

export const EMPTY = Object.freeze({ execution: {}, states: new Map(), tasks: [] });

/** The view after `message`: `{execution, states: Map by name in order of entry, tasks}`. */
export function apply(view, message) {
  switch (message.type) {
    case "subscribed":
      if (message.recovered && view.execution.execution) return view;
      return ofSnapshot(message.snapshot) ?? view;
    case "reset":
      return ofSnapshot(message.snapshot) ?? view;
    case "update":
      return updated(view, message);
    case "complete":
      return { ...view, execution: { ...view.execution, ...final(message) } };
    default:
      return view;
  }
}

function ofSnapshot(snapshot) {
  if (!snapshot) return null;
  const { states = [], tasks = [], ...execution } = snapshot;
  return { execution, states: byName(states), tasks };
}

function updated(view, message) {
  return {
    execution: { ...view.execution, ...message.execution },
    states: new Map([...view.states, ...byName(message.states ?? [])]),
    tasks: message.tasks ?? view.tasks,
  };
}

function final(message) {
  const keys = ["status", "output", "error", "cause"].filter((key) => key in message);
  return Object.fromEntries(keys.map((key) => [key, message[key]]));
}

function byName(states) {
  return new Map(states.map((state) => [state.state, state]));
}
