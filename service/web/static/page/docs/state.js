// What the documents page holds: what it read, and what is open.

import { useEffect, useMemo, useState } from "../html.js";
import { liveGroups, restGroups } from "./entries.js";

const SOURCES = [
  { name: "openapi.json", title: "REST", id: "rest", groupsOf: restGroups },
  { name: "asyncapi.json", title: "WebSocket", id: "websocket", groupsOf: liveGroups },
];

/** Both documents as they are read: `{name, title, id, root, error, all}`, `all` the groups. */
export function useSides() {
  const [read, setRead] = useState({});
  useEffect(() => {
    for (const { name } of SOURCES) {
      fetchJson(name).then(
        (root) => setRead((before) => ({ ...before, [name]: { root } })),
        (error) => setRead((before) => ({ ...before, [name]: { error: error.message } })),
      );
    }
  }, []);
  return SOURCES.map(({ groupsOf, ...source }) => {
    const { root, error } = read[source.name] ?? {};
    const all = useMemo(() => (root ? groupsOf(root) : []), [root]);
    return { ...source, root, error, all };
  });
}

async function fetchJson(name) {
  const response = await fetch(new URL(name, document.baseURI), {
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new Error(`The service answered ${response.status}.`);
  return response.json();
}

/** The ids of what is open; the address names the one opened last, and opens what it names. */
export function useOpen(ready) {
  const [open, setOpen] = useState(new Set());
  const change = (id, opened) => {
    setOpen((before) => {
      const after = new Set(before);
      if (opened) after.add(id);
      else after.delete(id);
      return after;
    });
  };
  useEffect(() => {
    if (!ready) return undefined;
    const arrive = () => arriveAt(decodeURIComponent(location.hash.slice(1)), change);
    arrive();
    globalThis.addEventListener("hashchange", arrive);
    return () => globalThis.removeEventListener("hashchange", arrive);
  }, [ready]);
  const chosen = useMemo(
    () => (id, opened) => {
      change(id, opened);
      if (opened) history.replaceState(null, "", `#${id}`);
    },
    [],
  );
  return [open, chosen];
}

function arriveAt(id, change) {
  const target = id && document.getElementById(id);
  if (!target) return;
  if (target.matches("details")) change(id, true);
  target.scrollIntoView();
  (target.querySelector("summary") ?? target).focus({ preventScroll: true });
}
