// A button with a menu: arrow keys go through it, Escape closes it, focus goes back to the button.

import { html, useId, useLayoutEffect, useRef, useState } from "../html.js";

/**
 * `items` is `[{label, onSelect?, href?, checked?, danger?, hint?}]`, null for a line between two;
 * `checked` makes it one of several to choose from. `label` names the button, `children` is what it
 * shows, `button` are attributes of it, `header` stands above the items.
 */
export function Menu(options) {
  const { label, items, header, children, button, buttonClass = "plain", align = "end" } = options;
  const [open, setOpen] = useState(false);
  const root = useRef();
  const id = useId();
  useLayoutEffect(() => {
    if (!open) return undefined;
    choices(root.current)[0]?.focus();
    const outside = (event) => root.current.contains(event.target) || setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current.querySelector("button").focus();
  };
  // Wherever the focus is, on the button too: the first item has it only once the menu is drawn.
  const press = (event) => {
    if (!open && event.key === "ArrowDown") setOpen(true);
    else if (!open) return;
    else if (event.key === "Tab") return void setOpen(false);
    else if (event.key === "Escape") close();
    else if (!step(root.current, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="menu-root" ref=${root} onKeyDown=${press}>
    <button
      type="button"
      ...${button}
      class=${buttonClass}
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-controls=${open ? id : undefined}
      aria-label=${label}
      title=${label}
      onClick=${() => setOpen(!open)}
    >
      ${children}
    </button>
    ${open &&
    html`<div class="menu" data-align=${align}>
      ${header && html`<div class="menu-header">${header}</div>`}
      <div role="menu" id=${id} aria-label=${label}>
        ${items.map((item, at) => html`<${Item} key=${at} item=${item} close=${close} />`)}
      </div>
    </div>`}
  </div>`;
}

function Item({ item, close }) {
  if (!item) return html`<hr role="separator" />`;
  const chosen = item.checked === undefined ? undefined : Boolean(item.checked);
  const select = () => {
    close();
    item.onSelect?.();
  };
  const shared = {
    role: chosen === undefined ? "menuitem" : "menuitemradio",
    tabindex: -1,
    "aria-checked": chosen,
    class: item.danger ? "danger" : undefined,
    onClick: select,
  };
  const text = html`<span>${item.label}</span>${item.hint && html`<span class="quiet">${item.hint}</span>`}`;
  return item.href
    ? html`<a ...${shared} href=${item.href}>${text}</a>`
    : html`<button type="button" ...${shared}>${text}</button>`;
}

function choices(root) {
  return [...root.querySelectorAll('[role="menuitem"], [role="menuitemradio"]')];
}

// True where the key moves within the menu: an arrow, Home, End, or an item's first letter.
function step(root, key) {
  const all = choices(root);
  const at = all.indexOf(document.activeElement);
  let to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
  if (to === undefined && key.length === 1 && key !== " ") {
    const begins = (item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase());
    const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(begins);
    to = next && all.indexOf(next);
  }
  if (to === undefined || !all.length) return false;
  all[(to + all.length) % all.length].focus();
  return true;
}
