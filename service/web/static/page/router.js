// Where the page is, in the address's hash: #/, #/machines/NAME/TAB, #/executions/ID/STATE, each
// with parameters (?tab=events) behind it.

import { useEffect, useState } from "./html.js";

const changes = new EventTarget();
let current = parse(globalThis.location?.hash ?? "");

/**
 * The place an address names: `{view: "overview"}`, `{view: "machine", machine, tab}`,
 * `{view: "execution", execution, state}` or `{view: "unknown"}`, each with `params`, an object.
 */
export function parse(hash) {
  const [path, query = ""] = splitOnce(hash.replace(/^#?\/?/, ""), "?");
  const params = Object.fromEntries(new URLSearchParams(query));
  try {
    return { ...placeOf(path.split("/")), params };
  } catch {
    return { view: "unknown", params }; // a percent sign that escapes nothing
  }
}

function placeOf([kind, ...rest]) {
  if (kind === "" && rest.length === 0) return { view: "overview" };
  if (kind === "machines" && rest[0]) {
    return { view: "machine", machine: decodeURIComponent(rest[0]), tab: rest[1] || null };
  }
  if (kind === "executions" && rest[0]) {
    // The id ends with the first part that has a colon: a Map Run's child is machine/label:name.
    const colon = rest.findIndex((part) => decodeURIComponent(part).includes(":"));
    const end = colon < 0 ? 1 : colon + 1;
    const state = rest.slice(end).join("/");
    const execution = decodeURIComponent(rest.slice(0, end).join("/"));
    return { view: "execution", execution, state: state ? decodeURIComponent(state) : null };
  }
  return { view: "unknown" };
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Addresses, to be put into links. */
export const href = {
  overview: (params) => `#/${query(params)}`,
  machine: (name, tab, params) =>
    `#/machines/${segment(name)}${tab ? `/${segment(tab)}` : ""}${query(params)}`,
  execution: (id, state, params) =>
    `#/executions/${segment(id)}${state ? `/${segment(state)}` : ""}${query(params)}`,
};

function segment(text) {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}

function query(params) {
  const given = Object.entries(params ?? {}).filter(([, value]) => value != null && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** Goes to an address; `replace` leaves no step to come back to. */
export function go(address, { replace = false } = {}) {
  if (replace) globalThis.history.replaceState(null, "", address);
  else globalThis.history.pushState(null, "", address);
  moved();
}

function moved() {
  current = parse(globalThis.location.hash);
  changes.dispatchEvent(new Event("moved"));
}

/** The place, kept up to date. */
export function useRoute() {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const update = () => setRoute(current);
    changes.addEventListener("moved", update);
    update();
    return () => changes.removeEventListener("moved", update);
  }, []);
  return route;
}

globalThis.addEventListener?.("hashchange", moved);
globalThis.addEventListener?.("popstate", moved);
