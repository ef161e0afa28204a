// Who is signed in, what they may do, and the calls of the API.

import { createClient } from "../client/index.js";
import { authorizedFetch } from "./authorized_fetch.js";
import { counts, forget, held, isTurnedAway, provider, session, token } from "./credential.js";
import { useEffect, useState } from "./html.js";
import { clock } from "./ui/time.js";

export { session, signIn, token } from "./credential.js";

/**
 * The API, and what is followed of it. Numbers that JavaScript can't hold come as they were written;
 * who isn't signed in is asked to, and the call goes on afterwards.
 */
export const client = createClient({ token: credential, fetch: authorizedFetch, numbers: "exact" });

clock.now = () => client.now();

async function credential() {
  const text = await token();
  return { token: text, expires_at: held()?.expiresAt ?? null };
}

let me = null;
let asking = null;
let { generation } = counts();

/**
 * What `GET /v1/me` says of the reader: `{principal, scopes, machines, executions, expires_at}`; null
 * until it is known. `principal` is null where nobody is asked who they are.
 */
export function useMe() {
  return useSession().me;
}

/**
 * `{me, epoch, generation, signedIn, renews, turnedAway}`, kept up to date: what is followed is followed anew
 * with another `epoch`, a view begins anew with another `generation`.
 */
export function useSession() {
  const [now, setNow] = useState(state);
  useEffect(() => {
    const update = () => setNow(state());
    session.addEventListener("changed", update);
    session.addEventListener("me", update);
    update();
    asking ??= learn();
    return () => {
      session.removeEventListener("changed", update);
      session.removeEventListener("me", update);
    };
  }, []);
  return now;
}

function state() {
  const credential = held();
  return {
    me,
    ...counts(),
    signedIn: credential !== null,
    renews: Boolean(credential?.refresh),
    turnedAway: isTurnedAway() && !credential,
  };
}

async function learn() {
  const { epoch } = counts();
  let found = null;
  try {
    found = await client.me();
  } catch {
    asking = null; // what failed says so where it is asked for; here nothing is offered meanwhile
  }
  if (epoch !== counts().epoch) return; // somebody else signed in meanwhile, and is asked for
  me = found;
  session.dispatchEvent(new Event("me"));
}

session.addEventListener("changed", () => {
  me = null;
  // What is followed as somebody else is left at once; the views of now follow it again.
  if (counts().generation !== generation) client.close();
  else if (held()) client.reconnect();
  ({ generation } = counts());
  asking = isTurnedAway() ? null : learn();
});

/**
 * Whether the reader may do this: `can("operate", "order", "order:one")`. Scopes are read, start,
 * operate, complete; without a machine: anywhere at all. False until it is known who they are, so
 * what asks here is drawn with `useMe()`.
 */
export function can(scope, machine, execution) {
  return me !== null && allows(me, scope, machine, execution);
}

/** The same of any answer of `GET /v1/me`. */
export function allows({ scopes, machines, executions = [] }, scope, machine, execution) {
  const granted = scopes.map((text) => text.split(/:(.*)/s)).filter(([name]) => name === scope);
  const named = scope !== "start" && executions.length > 0;
  if (!machine) return granted.length > 0 && (machines.length > 0 || named);
  const name = machine.split(":")[0];
  if (!granted.some(([, pattern = "*"]) => matches(name, pattern))) return false;
  if (named && execution && executions.includes(execution)) return true;
  return machines.some((pattern) => matches(name, pattern));
}

// As a shell matches names, whole: `*`, `?`, `[ab]`, `[!a-c]`; case counts.
function matches(name, pattern) {
  const source = pattern.replace(/\[(!?)(\]?[^\]]*)\]|[^]/gu, (part, not, inside) => {
    if (inside !== undefined) return `[${not ? "^" : ""}${inside.replace(/[\\\]^]/g, "\\$&")}]`;
    return { "*": "[^]*", "?": "[^]" }[part] ?? part.replace(/[\\^$.|+(){}[\]/]/, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`, "u").test(name);
  } catch {
    return false; // a range from behind, [z-a]: it holds nothing
  }
}

/** Sign out here, and at the provider where it has an address for that. */
export async function signOut() {
  const atProvider = held()?.provider;
  forget();
  if (!atProvider) return;
  const { endOfSession } = await import("./sign_in/provider.js");
  const url = endOfSession(provider);
  if (url) location.assign(url);
}
