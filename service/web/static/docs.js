// The API's documents, drawn from openapi.json and asyncapi.json. Nothing is fetched from elsewhere.

import { asyncSections } from "./docs-async.js";
import { operation, tagged } from "./docs-openapi.js";
import { el, problemBox } from "./dom.js";

const main = document.getElementById("main");
const contents = document.getElementById("contents");

async function read(name) {
  const response = await fetch(new URL(name, document.baseURI), {
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new Error(`${name} answered ${response.status}.`);
  return response.json();
}

function section(title, description, children) {
  const id = `section-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const prose = description ? el("p", { class: "prose quiet" }, description) : null;
  return { id, title, root: el("section", { id }, el("h2", {}, title), prose, children) };
}

function introduction(document_) {
  const { title = "API", version = "", description } = document_.info ?? {};
  main.append(el("h1", {}, title, " ", el("span", { class: "type" }, version)));
  if (description) main.append(el("p", { class: "prose" }, description));
}

function openapiSections(document_) {
  return tagged(document_).map(({ name, description, operations }) =>
    section(
      name,
      description,
      operations.map((entry) => operation(document_, entry)),
    ),
  );
}

async function draw(name, sectionsOf) {
  try {
    return sectionsOf(await read(name));
  } catch (error) {
    main.append(problemBox({ title: `${name} can't be shown`, message: error.message }));
    return [];
  }
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
}

const rest = await draw("openapi.json", (document_) => {
  introduction(document_);
  return openapiSections(document_);
});
const live = await draw("asyncapi.json", (document_) => asyncSections(document_, section));
const sections = [...rest, ...live];
main.append(...sections.map(({ root }) => root));
contents.append(
  el("h2", {}, "Contents"),
  el(
    "ul",
    {},
    sections.map(({ id, title }) => el("li", {}, el("a", { href: `#${id}` }, title))),
  ),
);
globalThis.addEventListener("hashchange", openTarget);
openTarget();
