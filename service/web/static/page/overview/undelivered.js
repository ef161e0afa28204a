// News that nobody could be told: what was given up, and what waits for long.

import { html, useRef, useState } from "../html.js";
import { href } from "../router.js";
import { can, client, useMe } from "../session.js";
import { Ago } from "../ui/ago.js";
import { Dialog } from "../ui/dialog.js";
import { Problem } from "../ui/problem.js";
import { usePolled } from "./polled.js";
import { isLate, undeliveredText } from "./undelivered_words.js";

const AGAIN_MS = 30_000;
const MOST = 50;
const GONE = "news_not_found"; // somebody else did it, or it was delivered meanwhile

export function Undelivered() {
  const { found, problem, read } = usePolled(`v1/news?limit=${MOST}`, AGAIN_MS);
  const heading = useRef();
  const [refused, setRefused] = useState(null);
  useMe(); // what is offered depends on who asks
  if (!found && problem) {
    return html`<p class="waiting-note quiet" role="status">
      What couldn't be delivered isn't known: ${problem.message}
    </p>`;
  }
  if (!found) return null;
  const { counts, dead, next_page: more } = found;
  const late = found.waiting.filter(isLate);
  const text = undeliveredText(counts, late.length);
  if (!text) return null;
  const act = async (doIt) => {
    setRefused(null);
    try {
      await doIt();
    } catch (error) {
      if (error.code !== GONE) setRefused(error);
    }
    await read();
    heading.current?.focus();
  };
  const shared = { onAct: act };
  return html`<section class="left-out undelivered" aria-labelledby="undelivered">
    <h2 id="undelivered" tabindex="-1" ref=${heading}>${text}</h2>
    ${refused && html`<${Problem} problem=${refused} />`}
    <ul>
      ${dead.map((one) => html`<${Delivery} key=${`dead ${one.key}`} news=${one} ...${shared} />`)}
      ${late.map((one) => html`<${Delivery} key=${one.key} news=${one} ...${shared} />`)}
    </ul>
    ${more && html`<p class="quiet">Older ones aren't shown: <code>handrail news</code> has all.</p>`}
  </section>`;
}

function Delivery({ news, onAct }) {
  const { key, target, execution, state_machine: machine, kinds, problem, attempts, at } = news;
  const { given_up_at: until } = news;
  const [busy, setBusy] = useState(false);
  const [dropping, setDropping] = useState(false);
  const path = `v1/news/${encodeURIComponent(key)}`;
  const what = kinds.join(", ");
  const act = async (method, address) => {
    setBusy(true);
    setDropping(false);
    await onAct(() => client.request(method, address, undefined, { repeatable: true }));
    setBusy(false);
  };
  const mayAct = can("operate", machine, execution);
  const tries = `${attempts} ${attempts === 1 ? "try" : "tries"}`;
  return html`<li>
    ${mayAct &&
    html`<span class="actions">
      <button
        type="button"
        disabled=${busy}
        aria-label=${`Retry ${what} of ${execution}`}
        onClick=${() => act("POST", `${path}/retry`)}
      >
        Retry
      </button>
      <button
        type="button"
        class="danger"
        disabled=${busy}
        aria-label=${`Drop ${what} of ${execution}`}
        onClick=${() => setDropping(true)}
      >
        Drop…
      </button>
    </span>`}
    <strong>${what}</strong> of <a href=${href.execution(execution)}>${execution}</a> for${" "}
    <strong>${target ?? "a subscription that is gone"}</strong>
    <p>
      <${Ago} at=${at} />, ${until ? "given up" : "failing"} after ${tries}${problem && `: ${problem}`}
    </p>
    ${dropping &&
    html`<${Dialog} title="Drop this news?" onClose=${() => setDropping(false)}>
      <p>Nobody is told of it any more.</p>
      <div class="actions">
        <button type="button" onClick=${() => setDropping(false)}>Cancel</button>
        <button type="button" class="danger-fill" onClick=${() => act("DELETE", path)}>Drop it</button>
      </div>
    <//>`}
  </li>`;
}
