// How an Express execution ended that was waited for.

import { html, useEffect, useRef } from "../html.js";
import { CopyButton } from "../ui/copy_button.js";
import { Json } from "../ui/json.js";
import { Status } from "../ui/status.js";
import { Took } from "../ui/time.js";

export function Outcome({ outcome }) {
  const heading = useRef();
  useEffect(() => heading.current.focus(), [outcome]);
  const { status, started_at: start, stopped_at: end, output, error, cause, execution } = outcome;
  return html`<section class="outcome" aria-labelledby="outcome-title">
    <header>
      <h2 id="outcome-title" tabindex="-1" ref=${heading}>How it ended</h2>
      <${Status} status=${status} /> <${Took} start=${start} end=${end} />
      <span class="outcome-id"
        ><code>${execution}</code><${CopyButton} text=${execution} label="Copy the execution's id"
      /></span>
    </header>
    ${error && html`<p class="fault"><strong>${error}</strong>${cause && html`: ${cause}`}</p>`}
    ${output !== null && output !== undefined && html`<${Json} title="Output" value=${output} />`}
  </section>`;
}
