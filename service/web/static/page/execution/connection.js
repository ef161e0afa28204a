// How things stand between this page, the service and AWS.

import { html, memo } from "../html.js";
import { client, signIn } from "../session.js";
import { timeText, useNow } from "../ui/time.js";

const TRANSPORTS = { sse: " by event stream", poll: " by asking again and again" };
const LATE_S = 10;
const UNKNOWN = { state: "connecting" };

/** A dot and a word or two, beside the status. */
export const Connection = memo(function Connection({ connection = UNKNOWN, execution }) {
  const { state, transport, heardAt } = connection;
  const ended = execution.status && execution.status !== "RUNNING";
  const late = execution.stale_after_s;
  const words = {
    idle: "Not connected",
    connecting: "Connecting…",
    live: ended ? "Up to date" : `Live${TRANSPORTS[transport] ?? ""}${lateness(late)}`,
    resuming: "Reconnecting…",
    unreachable: "AWS can't be reached",
    ended: connection.reason ? "Not followed" : "Up to date",
  }[state];
  const title = [
    heardAt && `Last heard at ${timeText(heardAt)}.`,
    state === "live" && !ended && late && `A change shows within ${late} s.`,
    ended && !connection.reason && "A redrive would show here.",
  ];
  return html`<span
    class="connection"
    role="status"
    data-state=${state === "live" && ended ? "ended" : state}
    title=${title.filter(Boolean).join(" ")}
  >
    <span class="dot" aria-hidden="true"></span>${words}
  </span>`;
});

// How late a change may be seen, where that is worth a word.
function lateness(seconds) {
  return seconds > LATE_S ? `, ${Math.round(seconds)} s late at most` : "";
}

/**
 * What the reader must know of a connection that doesn't tell what happens now: floats over the
 * view, so that nothing moves.
 */
export function ConnectionNotice({ connection = UNKNOWN }) {
  const { state, retryAt, heardAt, reason, code } = connection;
  const over = state === "ended";
  const trying = state === "resuming" || (state === "connecting" && Boolean(reason));
  const away = over || trying || state === "unreachable";
  const now = useNow(trying ? 500 : null);
  if (!away) return null;
  const seconds = retryAt ? Math.max(0, Math.ceil((retryAt - now) / 1000)) : 0;
  return html`<div class="notice-place">
    <div class="notice" data-state=${state}>
      <p role="status">
        <strong>${WHY[state]}</strong>
        ${over && html` <span>${reason}</span>`}
        ${heardAt && html` <span>This is how it stood at <${Clock} at=${heardAt} />.</span>`}
      </p>
      ${
        trying &&
        html`<span class="countdown">
          ${seconds ? `Next try in ${seconds} s` : "Trying now…"}
        </span>`
      }
      ${
        state !== "unreachable" &&
        html`<button type="button" onClick=${() => resume(code)}>
          ${over && isUnknown(code) ? "Sign in" : "Try now"}
        </button>`
      }
    </div>
  </div>`;
}

const WHY = {
  connecting: "The service can't be reached yet.",
  resuming: "The connection to the service was lost.",
  unreachable: "The service can't reach AWS; it goes on trying, and this page stays connected.",
  ended: "This execution isn't followed any more.",
};

function isUnknown(code) {
  return [4002, 4401, 4408, "unauthenticated"].includes(code);
}

function resume(code) {
  if (isUnknown(code)) signIn();
  else client.reconnect();
}

function Clock({ at }) {
  return html`<time datetime=${new Date(at).toISOString()}>${timeText(at)}</time>`;
}
