// Whether the service can be reached at all, by what became of the calls; asked again while it can't.

import { useEffect, useRef, useState } from "./html.js";

const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

const changes = new EventTarget();
let lostAt = null;
let timer = null;

/** Tell that a call was answered, whatever the answer, or that nobody did. */
export function noteAnswer(answered) {
  if (answered === (lostAt === null)) return;
  lostAt = answered ? null : new Date().toISOString();
  clearTimeout(timer);
  if (!answered) askIn(FIRST_MS);
  changes.dispatchEvent(new Event("changed"));
}

/** Look whether it can be reached: something that was followed came to an end. */
export async function doubt() {
  if (lostAt === null && !(await reached())) noteAnswer(false);
}

function askIn(ms) {
  timer = setTimeout(async () => {
    const answered = await reached();
    if (answered) noteAnswer(true);
    else if (lostAt) askIn(Math.min(LONGEST_MS, ms * 2));
  }, ms);
}

async function reached() {
  try {
    const url = new URL("healthz", document.baseURI);
    await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    return true;
  } catch {
    return false;
  }
}

globalThis.addEventListener?.("online", () => {
  if (!lostAt) return;
  clearTimeout(timer);
  askIn(0);
});

/** Since when the service can't be reached; null while it can. */
export function useLostAt() {
  const [since, setSince] = useState(lostAt);
  useEffect(() => {
    const update = () => setSince(lostAt);
    changes.addEventListener("changed", update);
    update();
    return () => changes.removeEventListener("changed", update);
  }, []);
  return since;
}

/** Does it once the service can be reached again. */
export function useReturn(act) {
  const latest = useRef();
  latest.current = act;
  useEffect(() => {
    const heard = () => lostAt === null && latest.current();
    changes.addEventListener("changed", heard);
    return () => changes.removeEventListener("changed", heard);
  }, []);
}
