// fetch with the credential of this tab: where it is refused, it is renewed, or the reader is asked.

import { asks, drop, held, renewNow, signIn, token } from "./credential.js";
import { noteAnswer } from "./reach.js";

/**
 * The `fetch` of the page's client. Whoever waits for an answer waits for the reader too; then it is
 * asked with the credential that was given, without the time limit it had.
 */
export async function authorizedFetch(url, options) {
  let { signal } = options;
  let reason = "";
  let renewed = false;
  for (;;) {
    let used = await token();
    if (used === null && asks) {
      if (!(await signIn(reason))) return turnedAway();
      used = held().token;
      signal = undefined;
    }
    if (used) options.headers.set("Authorization", `Bearer ${used}`);
    const response = await answered(url, { ...options, signal });
    if (response.status !== 401 || !used) return response;
    if (!renewed && (await renewNow(used))) {
      renewed = true;
      continue;
    }
    reason = await reasonOf(response);
    drop(used);
  }
}

// As the service would answer, without asking it.
function turnedAway() {
  const problem = {
    title: "Not signed in",
    status: 401,
    detail: "You are not signed in.",
    code: "unauthenticated",
    retryable: false,
  };
  return new Response(JSON.stringify(problem), { status: 401 });
}

async function answered(url, options) {
  try {
    const response = await fetch(url, options);
    noteAnswer(true);
    return response;
  } catch (error) {
    if (!options.signal?.aborted) noteAnswer(false);
    throw error;
  }
}

async function reasonOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail || problem.title || "The service doesn't take this credential.";
}
