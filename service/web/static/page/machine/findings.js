// What lint says of a definition, a rule at a time, and what an execution costs, in words.

import { html } from "../html.js";
import { Empty } from "../ui/empty.js";

const SEVERITIES = {
  error: { word: "Error", shape: "M8 2a6 6 0 1 0 .01 0M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" },
  warning: { word: "Warning", shape: "M8 2.2 14.3 13H1.7zM8 6.2v3M8 11.2v.1" },
  info: { word: "Hint", shape: "M8 2a6 6 0 1 0 .01 0M8 7.2v3.6M8 5v.1" },
};

/** `onPlace` is given the finding whose place was chosen. */
export function Findings({ machine, onPlace }) {
  return html`<div class="findings">
    <section aria-labelledby="findings-title">
      <h2 id="findings-title">${countText(machine.lint)}</h2>
      ${
        machine.lint.length === 0
          ? html`<${Empty} title="Lint finds nothing."
              ><p>No error, no warning, nothing worth a thought.</p><//
            >`
          : [...rulesOf(machine.lint)].map(
              ([code, findings]) =>
                html`<${Rule}
                  key=${code}
                  code=${code}
                  findings=${findings}
                  text=${machine.lint_rules[code]}
                  onPlace=${onPlace}
                />`,
            )
      }
    </section>
    <${Cost} cost=${machine.cost} />
  </div>`;
}

function countText(findings) {
  const counts = Object.entries(SEVERITIES).map(([severity, { word }]) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count && `${count} ${word.toLowerCase()}${count === 1 ? "" : "s"}`;
  });
  return counts.filter(Boolean).join(", ") || "Findings";
}

function rulesOf(findings) {
  const rules = new Map();
  for (const finding of findings)
    rules.set(finding.code, [...(rules.get(finding.code) ?? []), finding]);
  return rules;
}

// What all of a rule's findings say is said once.
function Rule({ code, findings, text, onPlace }) {
  const { word, shape } = SEVERITIES[findings[0].severity];
  const [{ message }] = findings;
  const shared = findings.every((finding) => finding.message === message);
  return html`<article class="rule" data-severity=${findings[0].severity}>
    <svg class="severity" viewBox="0 0 16 16" role="img" aria-label=${word}>
      <path d=${shape} />
    </svg>
    <div>
      <h3><code>${code}</code> <span class="quiet">${word}</span></h3>
      <p>${shared ? message : text}</p>
      ${shared && text && text !== message && html`<p class="quiet">${text}</p>`}
      <ul class="places">
        ${findings.map(
          (finding, at) =>
            html`<li key=${at}>
              <button type="button" class="place" onClick=${() => onPlace(finding)}>
                <span>${finding.state ?? "The whole definition"}</span>
                <code class="quiet">${withinState(finding)}</code>
                ${
                  finding.line !== null &&
                  html`<span class="quiet line">line ${finding.line}</span>`
                }
              </button>
              ${!shared && html`<p>${finding.message}</p>`}
            </li>`,
        )}
      </ul>
    </div>
  </article>`;
}

// The path's part below the state, whose name stands beside it already.
function withinState({ state, path }) {
  const at = state === null ? -1 : path.lastIndexOf(`States.${state}`);
  return at < 0 ? path : path.slice(at + `States.${state}`.length).replace(/^\./, "");
}

function Cost({ cost }) {
  const tiers = cost.duration_pricing?.tiers_usd_per_gb_hour ?? [];
  return html`<section class="cost" aria-labelledby="cost-title">
    <h2 id="cost-title">What an execution costs</h2>
    <p class="cost-words">${cost.words}.</p>
    <ul>
      ${cost.notes.map((note) => html`<li key=${note}>${note}</li>`)}
      ${tiers.length > 0 && html`<li>${tierText(tiers)}</li>`}
    </ul>
    <p class="quiet">
      Step Functions alone, by prices of US East (N. Virginia), without the free tier. What tasks
      call is billed by its own service.
    </p>
  </section>`;
}

function tierText(tiers) {
  const prices = tiers.map(({ gb_hours: size, usd }, at) => {
    const some = `the ${at ? "next" : "first"} ${Number(size).toLocaleString()}`;
    return `$${usd} for ${size === null ? "the rest" : some}`;
  });
  return `Duration, in steps of 100 ms and 64 MB: ${prices.join(", ")} a GB-hour in a month.`;
}
