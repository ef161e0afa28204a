// Lists that are gone through by the arrow keys: one tab stop, Up and Down, Home and End, a page.

import { useCallback, useRef, useState } from "../html.js";

const PAGE = 10;

/**
 * What a list needs: `{list, tab}`. Spread `list` on the element around it; each row's first link
 * takes `data-row=${key}` and `tabindex=${tab(key, index)}`; what else there is in a row takes
 * `data-in-row` and is reached by Right and Left.
 */
export function useRowKeys() {
  const root = useRef();
  const [current, setCurrent] = useState(null);
  const onFocusIn = useCallback((event) => {
    const row = event.target.closest("[data-line]")?.querySelector("[data-row]");
    if (row) setCurrent(row.dataset.row);
  }, []);
  const onKeyDown = useCallback((event) => {
    const { altKey, ctrlKey, metaKey, shiftKey, defaultPrevented, target } = event;
    if (altKey || ctrlKey || metaKey || shiftKey || defaultPrevented) return;
    if (!target.closest("[data-row], [data-in-row]")) return;
    const next = neighbour(root.current, target, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }, []);
  const tab = (key, index) => {
    const known = root.current?.querySelector(`[data-row="${CSS.escape(current ?? "")}"]`);
    return (known ? key === current : index === 0) ? 0 : -1;
  };
  return { list: { ref: root, onFocusIn, onKeyDown }, tab };
}

function neighbour(root, from, key) {
  const rows = [...root.querySelectorAll("[data-row]")];
  const line = from.closest("[data-line]");
  const at = rows.findIndex((row) => line.contains(row));
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: rows.length - 1,
    PageDown: Math.min(at + PAGE, rows.length - 1),
    PageUp: Math.max(at - PAGE, 0),
  }[key];
  if (to !== undefined) return rows[to];
  const within = [...line.querySelectorAll("[data-row], [data-in-row]")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  return step && within[within.indexOf(from) + step];
}
