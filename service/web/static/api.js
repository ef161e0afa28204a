// The REST calls, problem+json and the token. Addresses are relative to where the page is served.

const BASE = new URL("./", document.baseURI);
const TOKEN = "handrail.token";
const cursors = new Map();
let asking = null;

/** Tells (`changed`) when a token was given or forgotten. */
export const session = new EventTarget();

/** A refusal: `message` for people, `code` for switches, `errors` with field paths. */
export class Problem extends Error {
  constructor(status, body, requestId) {
    super(body.detail || body.title || `The service answered ${status}.`);
    this.status = status;
    this.title = body.title;
    this.code = body.code;
    this.errors = body.errors;
    this.requestId = body.request_id ?? requestId;
  }

  /** Whether asking again as it is would be refused again. */
  get final() {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}

/**
 * The newest cursor that this page was told by its own changes of an execution, which reads may not
 * show yet: whoever carries it is told to wait, never of less.
 */
export function seen(id) {
  return cursors.get(id);
}

async function noted(asking) {
  const answer = await asking;
  if (answer.cursor) cursors.set(answer.execution, answer.cursor);
  return answer;
}

export const api = {
  machines: () => request("GET", "v1/state-machines"),
  machine: (name) => request("GET", `v1/state-machines/${segment(name)}`),
  executions: (machine, limit, page) =>
    request("GET", `v1/executions?${query({ state_machine: machine, limit, page })}`),
  execution: (id, after = seen(id)) =>
    request("GET", `v1/executions/${segment(id)}?${query({ after })}`),
  start: (machine, body, key) =>
    noted(request("POST", `v1/state-machines/${segment(machine)}/executions`, { body, key })),
  startSync: (machine, body) =>
    request("POST", `v1/state-machines/${segment(machine)}/sync-executions`, { body }),
  stop: (id, body, after = seen(id)) =>
    noted(request("POST", `v1/executions/${segment(id)}/stop?${query({ after })}`, { body })),
  redrive: (id, after = seen(id)) =>
    noted(
      request("POST", `v1/executions/${segment(id)}/redrive?${query({ after })}`, { body: "{}" }),
    ),
  settle: (id, eventId, outcome, body) =>
    request("POST", `v1/executions/${segment(id)}/tasks/${eventId}/${outcome}`, { body }),
};

/**
 * A socket's address from `links.ws` and parameters besides: `after`, `level`, or a `ticket` got over
 * REST. The link is a path from the host's root, or from where the page is served where a proxy hides
 * its prefix; or a URL where the sockets live elsewhere.
 */
export function socketUrl(link, values = {}) {
  const url = new URL(link.startsWith(BASE.pathname) ? link : link.replace(/^\//, ""), BASE);
  url.protocol = ["https:", "wss:"].includes(url.protocol) ? "wss:" : "ws:";
  url.search = [url.search.slice(1), query(values)].filter(Boolean).join("&");
  return url.href;
}

export function token() {
  return sessionStorage.getItem(TOKEN);
}

/** Forget the token. */
export function signOut() {
  sessionStorage.removeItem(TOKEN);
  session.dispatchEvent(new Event("changed"));
}

/**
 * Ask for a token, and say what was wrong with the one before. Answers whether one was given. Whoever
 * asks meanwhile gets the same answer.
 */
export function signIn(refused = "") {
  asking ??= ask(refused).finally(() => {
    asking = null;
  });
  return asking;
}

function ask(refused) {
  const dialog = document.getElementById("sign-in");
  const why = dialog.querySelector(".problem");
  dialog.showModal();
  why.textContent = refused;
  why.hidden = !refused;
  return new Promise((resolve) => {
    const closed = () => {
      const given = dialog.querySelector("input");
      const used = dialog.returnValue === "use" && given.value !== "";
      if (used) sessionStorage.setItem(TOKEN, given.value.trim());
      given.value = "";
      dialog.returnValue = "";
      session.dispatchEvent(new Event("changed"));
      resolve(used);
    };
    dialog.addEventListener("close", closed, { once: true });
  });
}

/** A key for one start; a repeated try with it starts nothing new. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A body as JSON text from fields that are JSON texts already. A person's input is sent as it was
 * written: parsing and printing it here would round its large numbers. Raises a problem where a
 * field is not JSON.
 */
export function bodyOf(texts) {
  const fields = Object.entries(texts).map(([name, text]) => {
    try {
      JSON.parse(text);
    } catch (error) {
      throw new Problem(0, { title: `The ${name} is not JSON`, detail: error.message });
    }
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${fields.join(",")}}`;
}

async function request(method, path, options = {}) {
  const response = await send(method, path, options);
  const body = await read(response);
  if (response.ok) return body;
  const problem = new Problem(response.status, body, response.headers.get("X-Request-Id"));
  const refused = token() === null ? "" : problem.message;
  if (response.status === 401 && (await signIn(refused))) return request(method, path, options);
  throw problem;
}

async function send(method, path, { body, key }) {
  const headers = new Headers({ Accept: "application/json" });
  if (token()) headers.set("Authorization", `Bearer ${token()}`);
  if (key) headers.set("Idempotency-Key", key);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  try {
    return await fetch(new URL(path, BASE), { method, headers, body });
  } catch {
    throw new Problem(0, { title: "No answer", detail: "The service can't be reached." });
  }
}

async function read(response) {
  try {
    return JSON.parse((await response.text()) || "{}");
  } catch {
    return {};
  }
}

function segment(text) {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(given).toString();
}
