// The API's documents: REST beside the sockets, searched and opened in place. All of it is drawn
// from openapi.json and asyncapi.json; nothing is fetched from elsewhere.

import { Empty, Skeleton } from "../ui/empty.js";
import { Problem } from "../ui/problem.js";
import { html, memo, render, useEffect, useRef, useState } from "../html.js";
import { count, matching } from "./entries.js";
import { Channel, Message, Operation } from "./details.js";
import { Prose, Words } from "./prose.js";
import { useOpen, useSides } from "./state.js";

const VERBS = { ws: "WS", send: "↓", receive: "↑" };
const SAID = { ws: "WebSocket", send: "sent by the service", receive: "sent by the client" };
const DETAILS = { operation: Operation, channel: Channel, message: Message };

function Documents() {
  const sides = useSides();
  const [query, setQuery] = useState("");
  const read = sides.every(({ root, error }) => root || error);
  const [open, setOpen] = useOpen(read);
  const shown = sides.map((side) => ({ ...side, groups: matching(side.all, query) }));
  const found = shown.reduce((sum, { groups }) => sum + count(groups), 0);
  if (!read) return html`<main id="main" tabindex="-1"><${Skeleton} rows="12" /></main>`;
  return html`<div class="docs">
    <${Contents}
      sides=${shown}
      query=${query}
      found=${found}
      onQuery=${setQuery}
    />
    <main id="main" tabindex="-1" onKeyDown=${step}>
      <${Head} info=${sides[0].root?.info} />
      ${query && !found && html`<${Empty} title="Nothing here has all of these words." />`}
      <div class="sides">
        ${shown.map(
          (side) =>
            html`<${Side}
              key=${side.id}
              ...${side}
              query=${query}
              open=${open}
              onOpen=${setOpen}
            />`,
        )}
      </div>
    </main>
  </div>`;
}

function Head({ info }) {
  return html`<header class="head">
    <h1>
      ${info?.title ?? "Handrail"} API
      ${info?.version && html` <span class="version">${info.version}</span>`}
    </h1>
    <${Prose} text=${info?.description} under=${1} />
  </header>`;
}

function Contents({ sides, query, found, onQuery }) {
  const field = useRef();
  useEffect(() => {
    const focus = (event) => {
      const typing = event.target.closest?.("input, textarea, select");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  const keys = (event) => {
    if (event.key === "Escape") onQuery("");
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    document.querySelector(".entry > summary")?.focus();
  };
  return html`<nav class="contents" aria-label="Contents">
    <div class="search">
      <input
        ref=${field}
        type="search"
        value=${query}
        placeholder="Search"
        aria-label="Search the documents"
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck="false"
        onInput=${(event) => onQuery(event.currentTarget.value)}
        onKeyDown=${keys}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
    <p class="found" role="status">${query && `${found} found`}</p>
    <div class="groups">
      ${sides.map(
        (side) => html`<div key=${side.id}>
          <p class="of">${side.title}</p>
          <ul>
            ${side.groups.map(
              (one) =>
                html`<li key=${one.id}>
                  <a href=${`#${one.id}`}>
                    ${one.title}<span class="count">${one.entries.length}</span>
                  </a>
                </li>`,
            )}
          </ul>
        </div>`,
      )}
    </div>
  </nav>`;
}

function Side({ id, title, name, root, error, groups, query, open, onOpen }) {
  return html`<section class="side" aria-labelledby=${id}>
    <div class="side-head">
      <h2 id=${id}>${title}</h2>
      <a href=${name}>${name}</a>
    </div>
    ${id !== "rest" && html`<${Prose} text=${root?.info?.description} under=${2} quiet />`}
    ${error && html`<${Problem} problem=${{ title: `${name} can't be shown`, message: error }} />`}
    ${groups.map(
      (one) =>
        html`<${Group}
          key=${one.id}
          root=${root}
          group=${one}
          query=${query}
          open=${open}
          onOpen=${onOpen}
        />`,
    )}
  </section>`;
}

const Group = memo(function Group({ root, group, query, open, onOpen }) {
  return html`<section class="group" aria-labelledby=${group.id}>
    <h3 id=${group.id} tabindex="-1">${group.title}</h3>
    <${Prose} text=${group.description} under=${3} quiet />
    ${
      group.kind === "code"
        ? html`<${Codes} entries=${group.entries} labelled=${group.id} />`
        : group.entries.map(
            (entry) =>
              html`<${Entry}
              key=${entry.id}
              root=${root}
              entry=${entry}
              query=${query}
              open=${open.has(entry.id)}
              onOpen=${onOpen}
            />`,
          )
    }
  </section>`;
});

function Codes({ entries, labelled }) {
  return html`<table class="close-codes" aria-labelledby=${labelled}>
    <thead>
      <tr>
        <th scope="col">Code</th>
        <th scope="col">Meaning</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map(
        (one) =>
          html`<tr key=${one.id} id=${one.id}>
            <th scope="row"><code>${one.name}</code></th>
            <td><${Words} text=${one.summary} /></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const Entry = memo(function Entry({ root, entry, query, open, onOpen }) {
  const Inside = DETAILS[entry.kind];
  return html`<details
    class=${entry.deprecated ? "entry deprecated" : "entry"}
    id=${entry.id}
    open=${open}
    onToggle=${(event) =>
      event.currentTarget.open !== open && onOpen(entry.id, event.currentTarget.open)}
  >
    <summary>
      <span class="verb" data-verb=${entry.verb}><${Verb} name=${entry.verb} /></span>
      <span class="path"><${Marked} text=${entry.name} query=${query} /></span>
      <span class="summary"><${Words} text=${entry.summary} /></span>
    </summary>
    ${open && html`<div class="entry-body"><${Inside} root=${root} entry=${entry} /></div>`}
  </details>`;
});

function Verb({ name }) {
  if (!VERBS[name]) return name.toUpperCase();
  return html`<span aria-hidden="true">${VERBS[name]}</span
    ><span class="visually-hidden">${SAID[name]}</span>`;
}

// A path may be broken behind its slashes; what was searched for is marked.
function Marked({ text, query }) {
  const word = query.trim().toLowerCase();
  const at = word ? text.toLowerCase().indexOf(word) : -1;
  if (at < 0) return broken(text);
  const end = at + word.length;
  return [
    ...broken(text.slice(0, at)),
    html`<mark>${broken(text.slice(at, end))}</mark>`,
    ...broken(text.slice(end)),
  ];
}

function broken(text) {
  return text.split(/(?<=\/)/).flatMap((part, index) => (index ? [html`<wbr />`, part] : [part]));
}

// Up and down from one entry to the next.
function step(event) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way || !event.target.matches?.(".entry > summary")) return;
  const all = [...document.querySelectorAll(".entry > summary")];
  const next = all[all.indexOf(event.target) + way];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

render(html`<${Documents} />`, document.getElementById("documents"));
