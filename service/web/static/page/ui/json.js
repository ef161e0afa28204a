// A payload as it was written: folded and cut where it is large, to be copied and kept.

import { html, useId, useMemo, useRef, useState } from "../html.js";
import { CopyButton } from "./copy_button.js";
import { DownloadButton } from "./download_button.js";
import { linesOf, written } from "./json_lines.js";

const PAGE = 300;

/**
 * `value` is JSON, numbers that JavaScript can't hold as ExactNumber; undefined draws nothing.
 * `title` stands above it (`heading` says how deep); `truncated`: AWS cut it, it is a text then;
 * `file` names what is downloaded.
 */
export function Json({ title, value, truncated = false, file = title, level = 3 }) {
  const id = useId();
  if (value === undefined) return null;
  const text = () => (truncated ? String(value) : written(value));
  const Heading = `h${level}`;
  return html`<div class="json" role="group" aria-labelledby=${id}>
    <header>
      <${Heading} id=${id}>${title}<//>
      <${CopyButton} text=${text} label=${`Copy: ${title}`} />
      <${DownloadButton}
        text=${text}
        name=${`${file}${truncated ? ".txt" : ".json"}`.replace(/[^\w.-]+/g, "-")}
        label=${`Download: ${title}`}
      />
    </header>
    ${truncated && html`<p class="note">AWS cut this short in the execution's history.</p>`}
    ${
      truncated
        ? html`<pre tabindex="0" class="code" aria-labelledby=${id}>${String(value)}</pre>`
        : html`<${JsonLines} value=${value} label=${id} />`
    }
  </div>`;
}

/** The lines alone; `label` is the id of what names them. */
export function JsonLines({ value, label }) {
  const [toggled, setToggled] = useState(() => new Map());
  const [whole, setWhole] = useState(() => new Set());
  const [limit, setLimit] = useState(PAGE);
  const body = useRef();
  const { lines, more } = useMemo(
    () => linesOf(value, { toggled, whole, limit }),
    [value, toggled, whole, limit],
  );
  const toggle = (path, open) => setToggled((before) => new Map(before).set(path, open));
  const showWhole = (path) => setWhole((before) => new Set(before).add(path));
  return html`<div
    class="code lines"
    ref=${body}
    tabindex="0"
    role="group"
    aria-labelledby=${label}
    onKeyDown=${(event) => walk(event, body.current)}
  >
    ${lines.map((line) => Line({ line, toggle, showWhole }))}
    ${
      more &&
      html`<button type="button" class="more" onClick=${() => setLimit(limit + 4 * PAGE)}>
        Show more lines
      </button>`
    }
  </div>`;
}

function Line({ line, toggle, showWhole }) {
  const { path, depth, key, tokens, comma, fold, cut } = line;
  const name = key ?? (path ? "this" : "all");
  return html`<div class="line" key=${path} style=${{ "--depth": depth }}>
    ${
      fold &&
      html`<button
        type="button"
        class="fold"
        tabindex="-1"
        aria-expanded=${fold === "open"}
        aria-label=${`Fold ${name}`}
        onClick=${() => toggle(path, fold !== "open")}
      ></button>`
    }${key !== null && html`<span class="key">${JSON.stringify(key)}</span>: `}${tokens.map(
      ({ kind, text }) => html`<span class=${kind}>${text}</span>`,
    )}${comma && ","}${
      cut > 0 &&
      html` <button type="button" class="more" onClick=${() => showWhole(path)}>
        show all ${cut.toLocaleString()} characters
      </button>`
    }
  </div>`;
}

// The arrow keys go from one fold to the next, and open and close it.
function walk(event, body) {
  const folds = [...body.querySelectorAll(".fold")];
  const at = folds.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && (at >= 0 || step > 0) && folds[at + step]) {
    event.preventDefault();
    folds[at + step].focus();
  }
  const wanted = { ArrowRight: "false", ArrowLeft: "true" }[event.key];
  if (wanted && folds[at]?.getAttribute("aria-expanded") === wanted) {
    event.preventDefault();
    folds[at].click();
  }
}
