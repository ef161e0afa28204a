// How far an execution is, how long it still takes, and what it came to.

import { html, useMemo, useRef } from "../html.js";
import { useNow } from "../ui/time.js";
import { farText, percent, reckoned, spentTexts } from "./progress_words.js";

const OVER = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

export function Progress({ execution: { progress: told, status } }) {
  const progress = useMemo(() => told && reckoned(told), [told]);
  if (!progress) return null;
  return html`<div class="progress">
    <${Far} progress=${progress} status=${status} />
    <p class="progress-spent" title="By US East prices, without the free tier.">
      ${spentTexts(progress).map((text, at) => html`<span key=${at}>${text}</span>`)}
    </p>
    ${progress.warning && html`<p class="progress-warning" role="status">${progress.warning}</p>`}
  </div>`;
}

// What is left gets less between what the service says.
function Far({ progress, status }) {
  const over = OVER.includes(status);
  const told = useRef({});
  const now = useNow(!over && progress.remaining_s !== null ? 1000 : null);
  if (told.current.progress !== progress) told.current = { progress, at: Date.now() };
  const passedS = Math.max(0, now - told.current.at) / 1000;
  const text = farText(progress, over, passedS);
  if (!text) return null;
  const known = over ? 100 : progress.fraction === null ? undefined : percent(progress.fraction);
  return html`<div
      class="progress-bar"
      data-status=${status}
      role="progressbar"
      aria-label="Progress"
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${known}
      aria-valuetext=${text}
    >
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width=${known ?? 0} height="1" />
      </svg>
    </div>
    <p class="progress-far" aria-hidden="true">${text}</p>`;
}
