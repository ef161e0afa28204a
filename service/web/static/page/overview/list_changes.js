// Tells (`changed`) that a list in the overview shows a change: what waits may be other tasks now.

export const listChanges = new EventTarget();
