// Tabs: the arrow keys go from one to the next.

import { html, useEffect, useId, useRef } from "../html.js";

/** `tabs` is `[{name, title, count?}]`; `children` is the chosen one's content. */
export function Tabs({ label, tabs, chosen, onChoose, children }) {
  const id = useId();
  const list = useRef();
  useEffect(() => {
    const row = list.current.getBoundingClientRect();
    const tab = list.current.querySelector("[aria-selected=true]")?.getBoundingClientRect();
    if (!tab) return;
    // As far as is needed for it to be seen whole; the page itself stays where it is.
    list.current.scrollLeft += Math.max(0, tab.right - row.right) - Math.max(0, row.left - tab.left);
  }, [chosen]);
  const step = (event) => {
    const at = tabs.findIndex((tab) => tab.name === chosen);
    const last = tabs.length - 1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onChoose(tabs[next].name);
    list.current.children[next].focus();
  };
  const tab = ({ name, title, count }) => html`<button
    key=${name}
    type="button"
    role="tab"
    id=${`${id}-${name}`}
    aria-selected=${name === chosen}
    aria-controls=${`${id}-panel`}
    tabindex=${name === chosen ? 0 : -1}
    onClick=${() => onChoose(name)}
  >
    ${title}${count !== undefined && html` <span class="count">${count}</span>`}
  </button>`;
  return html`<div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${step}>
      ${tabs.map(tab)}
    </div>
    <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${chosen}`}>${children}</div>`;
}
