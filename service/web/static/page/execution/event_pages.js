// The history by pages: an execution's events by their numbers, of which only the pages in sight are
// asked for.

export const PAGE = 200;
const WHOLE = 1000; // a page where all are read

/** Holds what was read. `read(path, {signal})` asks the service; `changed()` hears of news. */
export class EventPages {
  constructor(id, read, changed) {
    this.id = id;
    this.read = read;
    this.changed = changed;
    this.leaving = new AbortController();
    this.events = new Map();
    this.states = new Map(); // the state an event belongs to, by the event's number
    this.asked = new Set();
    this.epoch = null;
    this.total = 0;
    this.problem = null;
  }

  /** `cursor` is the newest that is known of the execution. */
  reach(cursor) {
    const [epoch, last] = String(cursor).split(":");
    this.epoch = epoch;
    this.total = Number(last);
  }

  get loaded() {
    return this.events.size;
  }

  /** Asks for what is missing of the events from `first` to `last`, page by page. */
  async need(first, last) {
    const from = Math.floor((Math.max(first, 1) - 1) / PAGE);
    const to = Math.floor((Math.min(last, this.total) - 1) / PAGE);
    const reads = [];
    for (let page = from; page <= to; page += 1) {
      if (this.has(page) || this.asked.has(page)) continue;
      this.asked.add(page);
      reads.push(this.page(page));
    }
    await Promise.all(reads);
  }

  has(page) {
    const last = Math.min((page + 1) * PAGE, this.total);
    for (let id = page * PAGE + 1; id <= last; id += 1) if (!this.events.has(id)) return false;
    return true;
  }

  async page(page) {
    try {
      await this.take(page * PAGE, PAGE);
      this.problem = null;
    } catch (problem) {
      this.problem = problem;
    }
    this.asked.delete(page);
    this.tell();
  }

  async take(after, limit) {
    const asked = new URLSearchParams({ after: `${this.epoch}:${after}`, limit });
    const path = `v1/executions/${encodeURIComponent(this.id)}/events?${asked}`;
    const { events } = await this.read(path, { signal: this.leaving.signal });
    for (const event of events) this.events.set(event.id, event);
    return events.length;
  }

  /** Reads all there are. */
  async all() {
    try {
      for (let after = this.firstGap(); after < this.total; after = this.firstGap()) {
        if ((await this.take(after, WHOLE)) === 0) break;
        this.tell();
        if (this.leaving.signal.aborted) return;
      }
      this.problem = null;
    } catch (problem) {
      this.problem = problem;
    }
    this.tell();
  }

  firstGap() {
    let id = 1;
    while (this.events.has(id)) id += 1;
    return id - 1;
  }

  /** The state that an event belongs to: "" for the execution's own, undefined while unknown. */
  stateOf(event) {
    const way = [];
    let at = event;
    let found;
    while (found === undefined && at) {
      found = this.states.get(at.id) ?? ownState(at);
      way.push(at.id);
      if (found === undefined) {
        if (at.previous_event_id === 0) found = "";
        at = this.events.get(at.previous_event_id);
      }
    }
    if (found !== undefined) for (const id of way) this.states.set(id, found);
    return found;
  }

  tell() {
    if (!this.leaving.signal.aborted) this.changed();
  }

  close() {
    this.leaving.abort();
  }
}

function ownState(event) {
  if (event.type.startsWith("Execution")) return "";
  return detailsOf(event)?.name;
}

/** The object that tells more of an event, or undefined. */
export function detailsOf(event) {
  const key = Object.keys(event).find((name) => name.endsWith("_event_details"));
  return event[key];
}

/** `LambdaFunctionScheduled` as words. */
export function typeText(type) {
  return type.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/ ([A-Z])(?=[a-z])/g, (_, c) => ` ${c.toLowerCase()}`);
}

/** How what an event tells of went, as a status: for its shape and colour; null: it goes on. */
export function toneOf(type) {
  if (/(Failed|Exception)$/.test(type)) return "FAILED";
  if (/TimedOut$/.test(type)) return "TIMED_OUT";
  if (/Aborted$/.test(type)) return "ABORTED";
  if (/Redriven$/.test(type)) return "PENDING_REDRIVE";
  if (/(Succeeded|Exited)$/.test(type)) return "SUCCEEDED";
  return null;
}

/** What tells most of an event, in a line. */
export function gist(event) {
  const details = detailsOf(event);
  if (!details) return "";
  const { error, cause, resource, name, index, length } = details;
  if (error || cause) return [error, firstLine(cause)].filter(Boolean).join(": ");
  if (details.map_run_arn) return details.map_run_arn.split(":").slice(-2).join(":");
  if (resource) return [details.resource_type, lastPart(resource)].filter(Boolean).join(" ");
  if (length !== undefined) return `${length} items`;
  if (index !== undefined) return `${name ?? ""} item ${index}`.trim();
  return firstLine(details.output ?? details.input) ?? "";
}

function lastPart(resource) {
  return resource.startsWith("arn:") ? resource.split(":").slice(6).join(":") || resource : resource;
}

function firstLine(text) {
  return typeof text === "string" ? text.slice(0, 200).split("\n")[0] : undefined;
}

/** Whether the event has the text (in any case) in its type, its state or what it tells. */
export function matches(event, state, text) {
  if (!text) return true;
  const wanted = text.toLowerCase();
  const told = `${event.id} ${event.type} ${typeText(event.type)} ${state ?? ""}`;
  return (
    told.toLowerCase().includes(wanted) ||
    JSON.stringify(detailsOf(event) ?? {}).toLowerCase().includes(wanted)
  );
}
