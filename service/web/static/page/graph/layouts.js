// Layouts, each made once: in a worker, or here where there can be none.

import { useEffect, useMemo, useState } from "../html.js";

const KEPT = 24;
const WAITING = { layout: null, failed: null };
const known = new Map();
const asked = new Map();
let worker; // null where there can be none

/** Begins the worker, so that it loads while a page still asks what to draw. */
export function prepare() {
  if (worker === undefined) worker = typeof Worker === "undefined" ? null : begun();
}

/**
 * `{layout}` of a model, null until it is there, or why it `failed`. Two models that are the same
 * have the same.
 */
export function useLayout(model, narrow) {
  const name = useMemo(
    () => JSON.stringify([narrow, [...model.nodes.values()], model.edges]),
    [model, narrow],
  );
  const [, renew] = useState(0);
  useEffect(() => {
    if (known.has(name)) return undefined;
    let left = false;
    const take = (found) => {
      remember(name, found);
      if (!left) renew((times) => times + 1);
    };
    laidOut(model, narrow).then(
      (layout) => take({ layout, failed: null }),
      (error) => take({ layout: null, failed: String(error.message ?? error) }),
    );
    return () => (left = true);
  }, [name]);
  return known.get(name) ?? WAITING;
}

function remember(name, found) {
  known.set(name, found);
  if (known.size > KEPT) known.delete(known.keys().next().value);
}

function laidOut(model, narrow) {
  const here = async () => (await import("./layout_worker.js")).layoutOf(model, { narrow });
  prepare();
  if (worker === null) return here();
  return new Promise((resolve) => {
    const id = Math.random();
    asked.set(id, { resolve, here });
    worker.postMessage({ id, model, narrow });
  });
}

function begun() {
  const made = new Worker(new URL("./layout_worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data: { id, found } }) => {
    asked.get(id)?.resolve(found);
    asked.delete(id);
  };
  made.onerror = () => {
    worker = null; // this browser has no such workers, or wasn't given its module
    for (const { resolve, here } of asked.values()) resolve(here());
    asked.clear();
  };
  return made;
}
