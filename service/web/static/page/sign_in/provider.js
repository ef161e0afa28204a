// Signing in at an OpenID Connect provider: authorization code with PKCE (RFC 7636), by WebCrypto.

const FLOW = "handrail.sign_in";

/** The provider said no; asking it the same again is pointless. */
export class Refused extends Error {}

/** Go to the provider; it leads back to this page, where `returned` goes on. */
export async function begin(provider) {
  if (!globalThis.crypto?.subtle) {
    throw new Refused("Signing in needs a page that came over https, or from this very machine.");
  }
  const [verifier, state, nonce] = [random(), random(), random()];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const { hash } = location;
  sessionStorage.setItem(FLOW, JSON.stringify({ verifier, state, nonce, hash }));
  const url = new URL(provider.authorization_endpoint);
  const asked = {
    response_type: "code",
    client_id: provider.client_id,
    redirect_uri: here(),
    scope: provider.scopes,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
    state,
    nonce,
    audience: provider.audience,
  };
  for (const [name, value] of Object.entries(asked)) if (value) url.searchParams.set(name, value);
  location.assign(url);
}

/** Whether the address is one that a provider led back to. */
export function isReturn(search) {
  const given = new URLSearchParams(search);
  return given.has("state") && (given.has("code") || given.has("error"));
}

/**
 * What the provider answered, by the address it led back to; the address is this page's own again.
 * Raises an error with a message for people.
 */
export async function returned(provider) {
  const given = Object.fromEntries(new URLSearchParams(location.search));
  const flow = JSON.parse(sessionStorage.getItem(FLOW) ?? "null");
  sessionStorage.removeItem(FLOW);
  history.replaceState(null, "", here() + (flow?.hash ?? ""));
  if (!provider || !flow || given.state !== flow.state) {
    throw new Refused("That answer is to no sign-in which this tab began. Please sign in again.");
  }
  if (given.iss && given.iss !== provider.issuer) {
    throw new Refused("Another provider answered than the one that was asked.");
  }
  if (given.error) throw new Refused(refusal(given));
  const answer = await exchange(provider, {
    grant_type: "authorization_code",
    code: given.code,
    redirect_uri: here(),
    code_verifier: flow.verifier,
  });
  check(provider, flow, answer);
  return credentialOf(answer, null);
}

/** A fresh credential for one that has a refresh token. */
export async function renewed(provider, { refresh }) {
  if (!provider) throw new Refused("This service no longer knows a provider.");
  const answer = await exchange(provider, { grant_type: "refresh_token", refresh_token: refresh });
  return credentialOf(answer, refresh);
}

/**
 * Where to go to be signed out at the provider too; null where it has no such address. Cognito's
 * names for the parameters stand beside the standard's.
 */
export function endOfSession(provider) {
  if (!provider?.end_session_endpoint) return null;
  const url = new URL(provider.end_session_endpoint);
  url.searchParams.set("client_id", provider.client_id);
  url.searchParams.set("post_logout_redirect_uri", here());
  url.searchParams.set("logout_uri", here());
  return url.href;
}

function here() {
  return new URL("./", document.baseURI).href;
}

async function exchange(provider, fields) {
  let response;
  try {
    response = await fetch(provider.token_endpoint, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ ...fields, client_id: provider.client_id }),
      credentials: "omit",
      redirect: "error",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new Error("The provider can't be reached, or doesn't let this page ask it.");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status >= 500 || response.status === 429) {
    throw new Error(`The provider answered ${response.status}.`);
  }
  if (!response.ok) throw new Refused(refusal(answer));
  if (typeof answer.access_token !== "string") {
    throw new Refused("The provider's answer has no access token.");
  }
  return answer;
}

function refusal({ error, error_description: description }) {
  const why = [error, description].filter(Boolean).join(": ");
  return `The provider refused: ${why || "no reason given"}`;
}

// OpenID Connect Core 1.0, 3.1.3.7: it came straight from the provider over TLS, so it isn't the
// signature that is checked here but what it was issued for.
function check(provider, flow, answer) {
  if (!provider.scopes.split(" ").includes("openid")) return;
  const claims = claimsOf(answer.id_token);
  const good =
    claims &&
    claims.iss === provider.issuer &&
    [claims.aud].flat().includes(provider.client_id) &&
    claims.nonce === flow.nonce;
  if (!good) throw new Refused("The provider's ID token isn't for this sign-in.");
}

/** What a JWT says, unchecked; null where it is none. */
export function claimsOf(text) {
  try {
    const part = text.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function credentialOf(answer, refresh) {
  const seconds = Number(answer.expires_in);
  const until = seconds > 0 ? Date.now() + seconds * 1000 : claimsOf(answer.access_token)?.exp * 1000;
  return {
    token: answer.access_token,
    refresh: answer.refresh_token ?? refresh,
    expiresAt: until || null,
    provider: true,
  };
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
