// REST calls: the credential, timeouts, retries, and problem+json as HandrailError.

import { backoffMs } from "./close_codes.js";
import { readExact, write } from "./json.js";

/** @typedef {import("./types.js").RequestOptions} RequestOptions */

const TRIES = 3;
const RENEW_MS = 30_000; // before a credential expires

/** Why a request or what is watched failed: `message` for people, `code` for switches. */
export class HandrailError extends Error {
  /** @param {Partial<import("./types.js").Problem>} problem @param {unknown} [cause] */
  constructor(problem, cause) {
    super(problem.detail || problem.title || `The service answered ${problem.status}.`, { cause });
    this.name = "HandrailError";
    /** As the service answered it. */
    this.problem = problem;
    /** Of HTTP; 0 where there was no answer. */
    this.status = problem.status ?? 0;
    this.code = problem.code ?? "";
    this.title = problem.title ?? "";
    /** Whether the same may work later. */
    this.retryable = problem.retryable ?? [429, 502, 503, 504].includes(this.status);
    /** What is wrong in the body, by path. */
    this.errors = problem.errors ?? [];
    this.requestId = problem.request_id ?? "";
  }
}

/** @param {string} text */
export const segment = (text) => encodeURIComponent(text).replaceAll("%3A", ":");

/** @param {Record<string, unknown>} values those that are null are left out */
export function query(values) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) if (one != null) asked.append(name, String(one));
  }
  return `${asked}` && `?${asked}`;
}

/** When a token ends in ms, where it is a JWT that says so. @param {string} token */
function expiryOf(token) {
  try {
    const claims = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(claims)).exp * 1000 || Infinity;
  } catch {
    return Infinity; // opaque: its holder can't tell
  }
}

export class Http {
  /** @param {import("./types.js").ClientOptions} options */
  constructor(options) {
    this.options = options;
    this.parse = options.numbers === "exact" ? readExact : JSON.parse;
    /** By how much the service's clock is ahead of this one, in ms. */
    this.skewMs = 0;
    /** @type {string | null} */
    this.token = null;
    /** When to ask for another token, by the service's clock. */
    this.renewAt = 0;
    /** @type {Promise<string | null> | null} */
    this.asking = null;
  }

  /** By the service's clock, in ms. */
  now() {
    return Date.now() + this.skewMs;
  }

  /** A fresh credential. Whoever asks meanwhile gets the same. */
  credential() {
    this.asking ??= this.fetchCredential().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  async fetchCredential() {
    const { token: source } = this.options;
    let given;
    try {
      given = typeof source === "function" ? await source() : source;
    } catch (cause) {
      if (cause instanceof HandrailError) throw cause;
      const title = "No credential could be got.";
      throw new HandrailError({ code: "no_credential", title, retryable: true }, cause);
    }
    const { token, expires_at: until } =
      given && typeof given === "object" ? given : { token: given, expires_at: null };
    this.token = token?.trim() || null;
    const expiry = until ? Number(new Date(until)) || Infinity : expiryOf(this.token ?? "");
    this.renewAt = expiry - Math.min(RENEW_MS, Math.max(0, expiry - this.now()) / 5);
    return this.token;
  }

  /** Where the service is, with a slash behind. */
  get base() {
    const here = globalThis.document?.baseURI;
    const { url } = this.options;
    return url ? new URL(url.replace(/\/?$/, "/"), here) : new URL("./", here);
  }

  /**
   * The answer, read whole. Raises HandrailError, or the signal's reason.
   * @param {string} method @param {string} path from the service's root, or as its links have it
   * @param {unknown} [body] @param {RequestOptions} [options]
   * @returns {Promise<any>}
   */
  async request(method, path, body, options = {}) {
    const { key, repeatable = method === "GET" || key, once, signal } = options;
    for (let tries = 1; ; tries += 1) {
      try {
        return (await this.send(method, path, body, options)).body;
      } catch (error) {
        const { retryable, code, problem } = /** @type {HandrailError} */ (error);
        if (!retryable || !repeatable || once || code === "timeout" || tries >= TRIES) throw error;
        const asked = Math.min(problem.retry_after ?? 0, 10) * 1000;
        const ms = Math.max(backoffMs(tries, this.options.random), asked);
        await new Promise((resolve) => setTimeout(resolve, ms));
        signal?.throwIfAborted();
      }
    }
  }

  /**
   * One try; where the credential is refused, one more with a fresh one.
   * @param {string} method @param {string} path @param {unknown} body
   * @param {RequestOptions} options
   */
  async send(method, path, body, options) {
    const held = this.token && this.now() < this.renewAt;
    const used = held ? this.token : await this.credential();
    try {
      return await this.exchange(method, path, body, options, used);
    } catch (error) {
      if (/** @type {HandrailError} */ (error).status !== 401) throw error;
      const fresh = this.token === used ? await this.credential() : this.token;
      if (!fresh || fresh === used) throw error;
      return this.exchange(method, path, body, options, fresh);
    }
  }

  /**
   * @param {string} method @param {string} path @param {unknown} body
   * @param {RequestOptions} options @param {string | null} token
   * @returns {Promise<{status: number, body: any}>}
   */
  async exchange(method, path, body, options, token) {
    const { key, signal, headers, onChunk, timeoutMs = this.timeoutMs } = options;
    const url = this.address(path);
    const sent = new Headers({ Accept: "application/json", ...headers });
    if (token) sent.set("Authorization", `Bearer ${token}`);
    if (key) sent.set("Idempotency-Key", key);
    if (body !== undefined) sent.set("Content-Type", "application/json");
    signal?.throwIfAborted();
    const cut = new AbortController();
    const stop = () => cut.abort();
    signal?.addEventListener("abort", stop);
    let timer = setTimeout(stop, timeoutMs);
    try {
      const response = await (this.options.fetch ?? fetch)(url, {
        method,
        headers: sent,
        body: body === undefined ? undefined : write(body),
        signal: cut.signal,
        redirect: "error",
        cache: "no-store",
      });
      const { status, body: stream } = response;
      if (onChunk && stream && /event-stream/.test(response.headers.get("Content-Type") ?? "")) {
        const [reader, decoder] = [stream.getReader(), new TextDecoder()];
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return { status, body: null };
          clearTimeout(timer);
          timer = setTimeout(stop, timeoutMs);
          onChunk(decoder.decode(value, { stream: true }));
        }
      }
      return { status, body: this.answer(response, await response.text()) };
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof HandrailError) throw cause;
      const [code, title] = cut.signal.aborted
        ? ["timeout", "The service didn't answer in time."]
        : ["unreachable", "The service can't be reached."];
      throw new HandrailError({ code, title, retryable: true }, cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  get timeoutMs() {
    return this.options.requestTimeoutMs ?? 15_000;
  }

  /** @param {string} path */
  address(path) {
    const { base } = this;
    const inside = base.pathname !== "/" && path.startsWith(base.pathname);
    const url = new URL(inside ? path : path.replace(/^\/+/, ""), base);
    if (url.origin === base.origin) return url;
    throw new HandrailError({ code: "another_origin", title: "That isn't the service's address." });
  }

  /** @param {Response} response @param {string} text */
  answer({ ok, status, headers }, text) {
    let body = null;
    try {
      body = text && this.parse(text);
      if (ok) return body || null;
    } catch {
      // What answers isn't Handrail.
    }
    throw new HandrailError({
      request_id: headers.get("X-Request-Id") ?? "",
      retry_after: Number(headers.get("Retry-After")) || 0,
      ...(ok ? { code: "not_handrail", title: "What answered isn't Handrail." } : body),
      status,
    });
  }
}
