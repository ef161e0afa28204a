// Asks who is there: by the provider, where the service names one, or by a key or token.

import { provider, take, turnAway } from "../credential.js";
import { html, useRef, useState } from "../html.js";
import { Dialog } from "../ui/dialog.js";
import { sheet } from "../ui/sheet.js";

await sheet("sign_in.css");

export function SignInDialog({ reason }) {
  const [refused, setRefused] = useState(reason);
  return html`<${Dialog} title="Sign in" onClose=${turnAway}>
    <div class="sign-in">
      ${refused && html`<p class="problem" role="alert">${refused}</p>`}
      ${provider && html`<${AtProvider} onRefused=${setRefused} /><p class="or"><span>or</span></p>`}
      <${ByToken} onRefused=${setRefused} first=${!provider} />
    </div>
  <//>`;
}

function AtProvider({ onRefused }) {
  const [going, setGoing] = useState(false);
  if (!provider.authorization_endpoint) {
    return html`<p class="quiet">${nameOf(provider)} can't be reached by the service just now.</p>
      <button type="button" onClick=${() => location.reload()}>Try again</button>`;
  }
  const go = async () => {
    setGoing(true);
    try {
      const { begin } = await import("./provider.js");
      await begin(provider);
    } catch (error) {
      setGoing(false);
      onRefused(error.message);
    }
  };
  return html`<button type="button" class="primary wide" autofocus disabled=${going} onClick=${go}>
    ${going ? "Going there…" : `Continue with ${nameOf(provider)}`}
  </button>`;
}

function nameOf({ issuer }) {
  return new URL(issuer).host;
}

function ByToken({ onRefused, first }) {
  const field = useRef();
  const [checking, setChecking] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const token = field.current.value.trim();
    if (!token) return;
    setChecking(true);
    const why = await refusalOf(token);
    setChecking(false);
    if (why === null) return take({ token, refresh: null, expiresAt: null, provider: false });
    onRefused(why);
    field.current.select();
    return field.current.focus();
  };
  return html`<form class="by-token" onSubmit=${submit}>
    <label>
      API key or token
      <input
        ref=${field}
        name="token"
        type="password"
        autocomplete="off"
        spellcheck=${false}
        autofocus=${first}
        required
      />
    </label>
    <p class="quiet">It stays in this tab, until the tab is closed or you sign out.</p>
    <div class="actions">
      <button type="button" onClick=${turnAway}>Cancel</button>
      <button type="submit" class=${first ? "primary" : undefined} disabled=${checking}>
        ${checking ? "Looking…" : "Use it"}
      </button>
    </div>
  </form>`;
}

// Why the service doesn't take it; null where it does.
async function refusalOf(token) {
  if (!/^[\x21-\x7e]+$/.test(token)) return "No key or token has such characters.";
  try {
    const headers = { Authorization: `Bearer ${token}`, Accept: "application/json" };
    const response = await fetch(new URL("v1/me", document.baseURI), { headers, cache: "no-store" });
    if (response.ok) return null;
    const problem = await response.json().catch(() => ({}));
    return problem.detail || problem.title || `The service answered ${response.status}.`;
  } catch {
    return "The service can't be reached.";
  }
}
