// Where the reader is in the graph: which state has the focus, and what is brought into view.

import { useCallback, useEffect, useMemo, useRef, useState } from "../html.js";
import { walk } from "./walking.js";

const TELLING = ["FAILED", "TIMED_OUT", "WAITING"];
const NONE = new Map();

/** One state at a time can be reached by Tab; the arrow keys go on from there. */
export function useFocus({ model, layout, root, mover, selected, onSelect }) {
  const [at, setAt] = useState(null);
  const [keyed, setKeyed] = useState(false);
  const start = useMemo(() => [...model.nodes.values()].find((node) => node.start)?.id, [model]);
  useEffect(
    () => selected !== null && model.nodes.has(selected) && setAt(selected),
    [selected, model],
  );
  const here = at !== null && model.nodes.has(at) ? at : start;
  const held = useRef();
  held.current = { onSelect, layout, mover };
  const on = useMemo(
    () => ({
      click: (event) => {
        event.stopPropagation();
        if (!held.current.mover.dragged) held.current.onSelect?.(event.currentTarget.dataset.state);
      },
      focus: (event) => {
        const name = event.currentTarget.dataset.state;
        setAt(name);
        setKeyed(event.currentTarget.matches(":focus-visible"));
        const box = held.current.layout.nodes.get(name);
        if (event.currentTarget.matches(":focus-visible")) held.current.mover.reveal(headOf(box));
      },
    }),
    [],
  );
  const key = (event) => {
    if (!layout) return;
    const name = event.target.dataset?.state;
    if (mover.key(event)) return event.preventDefault();
    if (event.key === "Escape" && selected !== null) onSelect?.(null);
    if (name === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return onSelect?.(name);
    }
    const next = walk(event.key, name, { model, layout });
    if (next === null || next === undefined) return;
    event.preventDefault();
    [...root.current.querySelectorAll("[data-state]")]
      .find((n) => n.dataset.state === next)
      ?.focus();
  };
  const background = useCallback((event) => {
    const free = event.target.closest(".canvas") && !held.current.mover.dragged;
    if (free) held.current.onSelect?.(null);
  }, []);
  const leave = useCallback(() => setKeyed(false), []);
  return { at: here, reading: keyed ? here : null, on, key, background, leave };
}

/**
 * What is chosen, and what newly fails or waits, is brought into view; the latter only as long as
 * the reader hasn't moved the graph.
 */
export function useFollowing({ model, layout, mover, states, selected }) {
  const before = useRef(NONE);
  const placed = useRef(null);
  useEffect(() => {
    const box = layout?.nodes.get(selected);
    const glide = placed.current === layout;
    placed.current = layout;
    mover.wanted = null;
    if (box && mover.view) mover.reveal(headOf(box), { glide });
  }, [selected, layout]);
  useEffect(() => {
    if (!layout || !states) return;
    const old = before.current;
    before.current = states;
    if (old === states || mover.moved) return;
    const telling = [...states.values()].filter(
      ({ state, status }) =>
        TELLING.includes(status) &&
        old.get(state)?.status !== status &&
        !model.nodes.get(state)?.box,
    );
    const box = layout.nodes.get(telling.at(-1)?.state);
    if (box && (old.size > 0 || selected === null))
      mover.reveal(headOf(box), { glide: old.size > 0 });
  }, [states, layout]);
}

function headOf(box) {
  return { ...box, height: Math.min(box.height, 46) };
}
