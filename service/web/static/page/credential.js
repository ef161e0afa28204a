// The credential of this tab: a key or token that was pasted, or a provider's, which renews itself.
// It is kept in the tab's session storage, and nowhere else.

const KEPT = "handrail.credential";
const MARGIN_MS = 60_000;

let renewing = null;
let asking = null;
let turnedAway = false;
let epoch = 0;
let generation = 0;

/**
 * Tells of `changed` (somebody else is signed in, or nobody) and of `asking` (the dialog is wanted,
 * or no longer).
 */
export const session = new EventTarget();

/**
 * What the service says: whether anybody is asked who they are (`asks`), where one signs in
 * (`provider`, its addresses, or null where there is none), and whether others are told what happens
 * (`news`).
 */
export const { asks, provider, news } = described();

function described() {
  const text = globalThis.document?.getElementById?.("session")?.textContent;
  return text ? JSON.parse(text) : { asks: false, provider: null, news: false };
}

/** `{token, refresh, expiresAt, provider}` as it is kept; null where nobody signed in. */
export function held() {
  return JSON.parse(globalThis.sessionStorage?.getItem(KEPT) ?? "null");
}

/**
 * `epoch` counts the changes: what is followed with the credential of before is to be followed anew.
 * `generation` counts those after which views begin anew, since what they show isn't the reader's.
 */
export function counts() {
  return { epoch, generation };
}

/** The token to send now, renewed where it is about to expire; null where there is none. */
export async function token() {
  const credential = held();
  if (credential?.refresh && due(credential)) await renew(credential);
  return held()?.token ?? null;
}

/** Renew a token that was refused before its time; answers whether there is another now. */
export async function renewNow(refused) {
  const credential = held();
  if (credential?.token === refused && credential.refresh) await renew(credential);
  return (held()?.token ?? refused) !== refused;
}

// A quarter of its life before the end, a minute at most.
function due({ expiresAt: until, heldAt }) {
  return until !== null && Date.now() > until - Math.min(MARGIN_MS, (until - heldAt) / 4);
}

function renew(credential) {
  renewing ??= ask(credential).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function ask(credential) {
  const { renewed, Refused } = await import("./sign_in/provider.js");
  try {
    keep(await renewed(provider, credential));
  } catch (error) {
    // While the provider can't be reached, the token that is held is good until it expires.
    if (error instanceof Refused) keep({ ...credential, refresh: null });
    else console.warn(`The sign-in isn't renewed yet: ${error.message}`);
  }
}

function keep(credential) {
  sessionStorage.setItem(KEPT, JSON.stringify({ ...credential, heldAt: Date.now() }));
}

function changed({ anew }) {
  epoch += 1;
  if (anew) generation += 1;
  session.dispatchEvent(new Event("changed"));
}

/** Take a credential: `{token, refresh, expiresAt, provider}`. Whoever waits for one goes on. */
export function take(credential) {
  keep(credential);
  const anew = turnedAway || !asking;
  turnedAway = false;
  changed({ anew });
  close(true);
}

/** Forget the credential; views that need one show nothing until there is another. */
export function forget() {
  sessionStorage.removeItem(KEPT);
  turnedAway = true;
  changed({ anew: true });
}

/** Forget a credential that was refused; nothing else happens. */
export function drop(refused) {
  if (held()?.token === refused) sessionStorage.removeItem(KEPT);
}

/**
 * Ask the reader to sign in, saying what was wrong before. Answers whether they did; whoever asks
 * meanwhile gets the same answer.
 */
export function signIn(reason = "") {
  if (!asking) {
    let answer;
    const answered = new Promise((resolve) => (answer = resolve));
    asking = { reason, answer, answered };
    session.dispatchEvent(new Event("asking"));
  }
  return asking.answered;
}

/** What the dialog has to say, while one is wanted: `{reason}`. */
export function asked() {
  return asking;
}

/** The reader doesn't want to sign in now. */
export function turnAway() {
  turnedAway = true;
  close(false);
  session.dispatchEvent(new Event("changed"));
}

/** Whether the reader was asked to sign in, and didn't. */
export function isTurnedAway() {
  return turnedAway;
}

function close(signedIn) {
  asking?.answer(signedIn);
  asking = null;
  session.dispatchEvent(new Event("asking"));
}
