// Times and durations for people.

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function time(at) {
  return at ? TIME.format(new Date(at)) : "";
}

/** `480 ms`, `3.2 s`, `4 m 05 s`, `2 h 10 m`, `3 d 04 h`. */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${two(Math.floor(seconds) % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${two(minutes % 60)} m`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** From `start` to `end`, or to now where there is no end yet. */
export function between(start, end, now = Date.now()) {
  if (!start) return "";
  return duration((end ? Date.parse(end) : now) - Date.parse(start));
}

/** `Error: cause`, or "" where there is neither. */
export function failure(fault) {
  return [fault?.error, said(fault?.cause)].filter(Boolean).join(": ");
}

// Lambda wraps what the function said in JSON, with a stack trace.
function said(cause) {
  try {
    return JSON.parse(cause).errorMessage ?? cause;
  } catch {
    return cause;
  }
}

function two(number) {
  return String(number).padStart(2, "0");
}
