// The bar above every view: where you are, what can't be reached, who is signed in, light or dark.

import { html, useState } from "./html.js";
import { href } from "./router.js";
import { useLostAt } from "./reach.js";
import { can, signIn, signOut, useMe, useSession } from "./session.js";
import { Menu } from "./ui/menu.js";
import { MiddleCut } from "./ui/middle_cut.js";
import { Time } from "./ui/time.js";

const THEME = "handrail.theme";
const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };
const SCOPES = {
  read: "see executions",
  start: "start executions",
  operate: "stop and redrive",
  complete: "answer what waits",
};

export function Bar({ route, onKeys }) {
  const machine = route.machine ?? machineOf(route.execution);
  const barred = useMe() !== null && !can("read", machine);
  return html`<header class="bar">
    <nav class="crumbs" aria-label="Where you are">
      <a
        class="brand"
        href=${href.overview()}
        aria-label="Handrail"
        aria-current=${route.view === "overview" ? "page" : null}
      >
        <${Mark} /><span>Handrail</span>
      </a>
      ${machine &&
      html`<${Crumb} link=${barred ? null : href.machine(machine)} text=${machine} end="5" here=${!route.execution} />`}
      ${route.execution &&
      html`<${Crumb} link=${href.execution(route.execution)} text=${nameOf(route.execution)} here />`}
    </nav>
    <${Reach} />
    <nav class="bar-end" aria-label="This page">
      <a class="api" href="docs">API</a>
      <${Settings} onKeys=${onKeys} />
      <${Who} />
    </nav>
  </header>`;
}

function machineOf(execution) {
  return execution?.startsWith("arn:") ? undefined : execution?.split(/[:/]/)[0];
}

function nameOf(execution) {
  return execution.startsWith("arn:") ? execution : execution.slice(execution.indexOf(":") + 1);
}

function Crumb({ link, text, end, here = false }) {
  const slash = html`<span class="slash" aria-hidden="true">/</span>`;
  if (link === null) return html`${slash}<span class="crumb" title=${text}>${text}</span>`;
  return html`${slash}
    <a href=${link} aria-label=${text} aria-current=${here ? "page" : null}>
      <${MiddleCut} text=${text} end=${end} />
    </a>`;
}

function Mark() {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M2 14V9l12-6v11M6 7v7M10 5v9" />
  </svg>`;
}

/** Says that nobody answers, as long as nobody does. */
function Reach() {
  const since = useLostAt();
  return html`<p class="reach" role="status">
    ${since && html`<span>Handrail can't be reached</span> <span class="since">since <${Time} at=${since} /></span>`}
  </p>`;
}

function Settings({ onKeys }) {
  const [theme, setTheme] = useState(() => document.documentElement.dataset.theme ?? "auto");
  const choose = (name) => {
    setTheme(name);
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    try {
      localStorage.setItem(THEME, name);
    } catch {
      // Not kept then, in a browser that keeps nothing for this page: the choice holds for now.
    }
  };
  const items = [
    ...Object.entries(THEMES).map(([name, label]) => ({
      label,
      checked: name === theme,
      onSelect: () => choose(name),
    })),
    null,
    { label: "API documents", href: "docs" },
    { label: "Keyboard shortcuts", hint: "?", onSelect: onKeys },
  ];
  return html`<${Menu} label="Looks and keys" buttonClass="icon" items=${items}>
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="5.5" /><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentcolor" />
    </svg>
  <//>`;
}

function Who() {
  const { me, signedIn, renews } = useSession();
  if (!signedIn) {
    if (me) return null; // nobody is asked who they are
    return html`<button type="button" onClick=${() => signIn()}>Sign in</button>`;
  }
  const name = me?.principal ?? "Signed in";
  const header = html`<strong class="who-name">${name}</strong>
    ${me && html`<p class="quiet">${rightsOf(me)}</p>`}
    ${!renews && me?.expires_at && html`<p class="quiet">until <${Time} at=${me.expires_at} /></p>`}`;
  const items = [{ label: "Sign out", onSelect: signOut }];
  return html`<${Menu} label=${`Signed in as ${name}`} header=${header} items=${items}>
    <span class="avatar" aria-hidden="true">${[...name][0].toUpperCase()}</span>
  <//>`;
}

/** What an answer of `GET /v1/me` opens, in words. */
export function rightsOf({ scopes, machines, executions = [] }) {
  const words = scopes.map((text) => {
    const [scope, pattern] = text.split(/:(.*)/s);
    return `${SCOPES[scope] ?? scope}${pattern ? ` (${pattern})` : ""}`;
  });
  if (!words.length) return "You may do nothing here.";
  const limits = [];
  if (!machines.includes("*")) limits.push(...machines);
  if (executions.length) limits.push(executions.length === 1 ? executions[0] : `${executions.length} executions`);
  return `You may ${listed(words)}${limits.length ? `, of ${listed(limits)}` : ""}.`;
}

function listed(texts) {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}
