// The keyboard shortcuts of every view.

import { useEffect } from "./html.js";
import { go, href } from "./router.js";

const CHORD_MS = 1_500;

/** Listens for them, wherever nobody is typing. `onHelp` is called for `?`. */
export function useKeys(onHelp) {
  useEffect(() => {
    let before = { key: "", at: 0 };
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (typing(event.target) || document.querySelector("dialog[open]")) return;
      const chord = event.timeStamp - before.at < CHORD_MS ? before.key + event.key : event.key;
      before = { key: event.key, at: event.timeStamp };
      if (chord === "go") go(href.overview());
      else if (event.key === "?") onHelp();
      else if (event.key !== "/" || !focusFilter()) return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function typing(target) {
  return target.isContentEditable || /^(?:input|textarea|select)$/i.test(target.tagName);
}

function focusFilter() {
  const filters = [...document.querySelectorAll("[data-filter]")];
  const filter = filters.find((each) => each.checkVisibility?.() ?? true);
  filter?.focus();
  filter?.select?.();
  return Boolean(filter);
}
