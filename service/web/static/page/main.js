// The page: its frame, and the view that the address names.

import { Bar } from "./bar.js";
import { asked, forget, provider, session, signIn, take } from "./credential.js";
import { useKeys } from "./keys.js";
import { ExecutionView } from "./execution/view.js";
import { Empty, Skeleton } from "./ui/empty.js";
import { html, lazy, render, useEffect, useRef, useState } from "./html.js";
import { OverviewView } from "./overview/view.js";
import { go, href, useRoute } from "./router.js";
import { doubt } from "./reach.js";
import { useSession } from "./session.js";

const WAITING = html`<${Skeleton} rows="6" />`;
const VIEWS = {
  overview: OverviewView,
  machine: view(() => import("./machine/view.js"), "MachineView"),
  execution: ExecutionView,
  unknown: Unknown,
};
const Keys = lazy(() => import("./keys_help.js"), "Keys");
const SignInDialog = lazy(() => import("./sign_in/dialog.js"), "SignInDialog");

// What can't be loaded is a sign that nobody answers.
function view(load, name) {
  const loaded = () =>
    load().catch((error) => {
      doubt();
      throw error;
    });
  return lazy(loaded, name, WAITING);
}

function Page() {
  const route = useRoute();
  const main = useRef();
  const [keys, showKeys] = useState(false);
  const subject = route.execution ?? route.machine ?? "";
  const place = `${route.view} ${subject}`;
  useEffect(() => {
    document.title = subject ? `${subject} · Handrail` : "Handrail";
    preload(route.view);
  }, [place]);
  useArrival(main, place);
  useKeys(() => showKeys(true));
  return html`<a class="skip" href="#main" onClick=${(event) => skip(event, main)}>Skip to the content</a>
    <${Bar} route=${route} onKeys=${() => showKeys(true)} />
    <main id="main" tabindex="-1" ref=${main} data-view=${route.view}>
      <${Content} route=${route} place=${place} />
    </main>
    <${Asking} />
    ${keys && html`<${Keys} onClose=${() => showKeys(false)} />`}`;
}

// A view begins anew when somebody else is signed in than the one whose right it showed.
function Content({ route, place }) {
  const { me, generation, turnedAway } = useSession();
  const View = VIEWS[route.view];
  if (turnedAway) return html`<${SignedOut} />`;
  if (me && !me.scopes.length) return html`<${NoRights} me=${me} />`;
  return html`<${View} key=${`${place} ${generation}`} route=${route} />`;
}

function SignedOut() {
  return html`<h1 class="visually-hidden">Signed out</h1>
    <${Empty} title="You are not signed in.">
      <p>What is here is shown to those who may see it.</p>
      <p><button type="button" class="primary" onClick=${() => signIn()}>Sign in</button></p>
    <//>`;
}

function NoRights({ me }) {
  return html`<h1 class="visually-hidden">Nothing is open to you</h1>
    <${Empty} title="Nothing here is open to you.">
      <p>${me.principal ?? "Your credential"} has no scope of this service. Whoever runs it gives them.</p>
      <p><button type="button" onClick=${() => forget()}>Sign in as somebody else</button></p>
    <//>`;
}

function Asking() {
  const [asking, setAsking] = useState(asked);
  useEffect(() => {
    const update = () => setAsking(asked());
    session.addEventListener("asking", update);
    update();
    return () => session.removeEventListener("asking", update);
  }, []);
  return asking && html`<${SignInDialog} reason=${asking.reason} />`;
}

// Another view begins at its top, with the focus on its heading; the first is where the reader is.
function useArrival(main, place) {
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return undefined;
    before.current = place;
    globalThis.scrollTo(0, 0);
    main.current.focus({ preventScroll: true });
    return keepOnHeading(main.current);
  }, [place]);
}

// A heading may come late, and be another once the view knows more: until the reader does something.
function keepOnHeading(main) {
  const look = () => {
    const heading = main.querySelector("h1");
    if (!heading || ![main, document.body].includes(document.activeElement)) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  const watching = new MutationObserver(look);
  const stop = () => {
    watching.disconnect();
    for (const event of ["keydown", "pointerdown"]) document.removeEventListener(event, stop, true);
  };
  for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, stop, true);
  watching.observe(main, { childList: true, subtree: true });
  look();
  return stop;
}

// All the modules of a view at once; the browser would find one behind the other.
function preload(view) {
  const modules = JSON.parse(document.getElementById("modules")?.textContent ?? "{}");
  for (const path of modules[view] ?? []) {
    if (document.head.querySelector(`link[href="${path}"]`)) continue;
    const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href: path });
    document.head.append(link);
  }
}

function Unknown() {
  return html`<h1 class="visually-hidden">Nothing is here</h1>
    <${Empty} title="There is nothing at this address.">
      <p><a href=${href.overview()}>All state machines</a></p>
    <//>`;
}

function skip(event, main) {
  event.preventDefault();
  main.current.focus();
}

// The provider leads back here with its answer in the address.
async function arrive() {
  if (!location.search.includes("state=")) return;
  const { isReturn, returned } = await import("./sign_in/provider.js");
  if (!isReturn(location.search)) return;
  try {
    take(await returned(provider));
  } catch (error) {
    signIn(error.message);
  }
  go(location.hash || href.overview(), { replace: true });
}

// Not by `await`: what arriving loads may import from this file, which would wait for itself.
arrive().then(() => render(html`<${Page} />`, document.getElementById("page")));
