// What is said of executions wherever they are listed: pure.

/** What counts as a failure; being stopped is somebody's wish. */
export const FAILED = new Set(["FAILED", "TIMED_OUT"]);

/** What can be run again from where it ended. */
export const REDRIVABLE = new Set([...FAILED, "ABORTED"]);

/** The middle of the durations of those that succeeded, in ms; null where there are fewer than three. */
export function typicalMs(rows) {
  const took = rows
    .filter((row) => row.status === "SUCCEEDED" && row.stopped_at)
    .map((row) => Date.parse(row.stopped_at) - Date.parse(row.started_at))
    .sort((a, b) => a - b);
  return took.length < 3 ? null : took[Math.floor((took.length - 1) / 2)];
}

/** An execution's id in what somebody typed or pasted: an id, an ARN, or this page's address. */
export function executionIn(text) {
  const given = text.trim().replace(/^.*#\/executions\/([^?]*).*$/s, "$1");
  const parts = given.startsWith("arn:") ? given.split(":") : null;
  if (parts && !["execution", "express"].includes(parts[5])) return null;
  const id = parts ? parts.slice(6).join(":") : safelyDecoded(given);
  return /^[^\s:]+:[^\s:]+(:[^\s:]+)?$/.test(id) ? id : null;
}

function safelyDecoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `1,190+`: where not all were read there are so many or more. */
export function countText(count, atLeast) {
  return `${count.toLocaleString()}${atLeast ? "+" : ""}`;
}
