// For your own server (Node, Deno, Bun, edge runtimes): narrow, short-lived tokens for your pages.
// Your server's credential and the service's keys never leave their machines.

import { createClient, HandrailError } from "./index.js";

export { HandrailError };

/**
 * What a token opens: executions, state machines or both by name, and what may be done there.
 * @typedef {object} Grant
 * @property {readonly string[]} [executions]
 * @property {readonly string[]} [machines]
 * @property {readonly string[]} [scopes] "read" where none are named
 * @property {number} [expires_in] seconds, 86,400 at most
 *
 * @typedef {Grant | null | undefined | false} Allowed
 * @typedef {{token: string, expires_at: string, scopes: string[], machines: string[],
 *   executions: string[]}} Issued
 */

/**
 * Asks the service at `url` for tokens, as whoever `credential` (an API key or a token, or what
 * answers one) belongs to: no token opens more than that may.
 * @param {{url: string, credential?: import("./types.js").TokenSource, fetch?: typeof fetch}} options
 */
export function createTokens({ url, credential, fetch }) {
  const client = createClient({ url, token: credential, fetch });
  return {
    /**
     * A token that opens no more than `grant` names. Raises HandrailError.
     * @param {Grant} grant @param {{signal?: AbortSignal}} [options]
     * @returns {Promise<Issued>}
     */
    token({ executions, machines, scopes = ["read"], expires_in: seconds = 3600 }, options) {
      const asked = { executions, machines, scopes, expires_in: seconds };
      return client.request("POST", "v1/tokens", asked, { ...options, repeatable: true });
    },
  };
}

/**
 * A handler of requests for a token, for Next's route handlers, Hono, Remix, Workers and all that take
 * a Request and answer a Response. `allow(request)` answers what this visitor's token may open, or
 * null where the visitor may have none.
 * @param {{
 *   tokens: ReturnType<typeof createTokens>,
 *   allow: (request: Request) => Allowed | Promise<Allowed>,
 *   onError?: (error: unknown) => void,
 * }} options
 * @returns {(request: Request) => Promise<Response>}
 */
export function tokenHandler({ tokens, allow, onError = console.error }) {
  return async (request) => {
    if (request.method !== "GET" && request.method !== "POST") {
      return answer(405, { title: "Method not allowed" }, { Allow: "GET, POST" });
    }
    const grant = await allow(request);
    if (!grant) return answer(403, { title: "You may not follow this." });
    try {
      return answer(200, await tokens.token(grant, { signal: request.signal }));
    } catch (error) {
      if (request.signal?.aborted) throw error;
      onError(error); // what went wrong between two servers is no visitor's business
      return answer(502, { title: "No token could be had.", retryable: true });
    }
  };
}

/** @param {number} status @param {object} body @param {Record<string, string>} [headers] */
function answer(status, body, headers) {
  const type = status < 400 ? "application/json" : "application/problem+json";
  const shown = status < 400 ? body : { type: "about:blank", status, ...body };
  return new Response(JSON.stringify(shown), {
    status,
    headers: { "Content-Type": type, "Cache-Control": "no-store", ...headers },
  });
}
