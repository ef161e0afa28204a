// The view of an execution of which nothing is known, and which nobody asks for.

/** @type {import("./types.js").View} */
export const NOTHING = Object.freeze({
  execution: {},
  states: new Map(),
  tasks: [],
  cursor: null,
  connection: Object.freeze({
    state: "idle",
    transport: null,
    heardAt: null,
    retryAt: null,
    reason: "",
    code: null,
  }),
  error: null,
});
