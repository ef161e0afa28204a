// One operation of an OpenAPI 3.1 document: parameters, bodies, answers, a curl to copy.

import { resolve, sample, schemaView } from "./docs-schema.js";
import { el, pretty } from "./dom.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** `[{name, description, operations: [{method, path, shared, spec}]}]`, tags in the document's order. */
export function tagged(document_) {
  const groups = new Map(
    (document_.tags ?? []).map((tag) => [tag.name, { ...tag, operations: [] }]),
  );
  for (const [path, item] of Object.entries(document_.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const spec = item[method];
      const name = spec.tags?.[0] ?? "Other";
      if (!groups.has(name)) groups.set(name, { name, operations: [] });
      groups.get(name).operations.push({ method, path, shared: item.parameters ?? [], spec });
    }
  }
  return [...groups.values()].filter((group) => group.operations.length);
}

export function operation(document_, { method, path, shared, spec }) {
  const parameters = [...shared, ...(spec.parameters ?? [])].map((one) => resolve(document_, one));
  const body = resolve(document_, spec.requestBody);
  const id = spec.operationId ?? `${method}${path.replaceAll(/[^a-zA-Z0-9]+/g, "-")}`;
  return el(
    "details",
    { id, class: spec.deprecated ? "operation deprecated" : "operation" },
    el(
      "summary",
      {},
      el("span", { class: "verb", "data-verb": method }, method.toUpperCase()),
      el("span", { class: "path" }, path),
      el("span", { class: "quiet" }, spec.summary ?? ""),
    ),
    el(
      "div",
      {},
      spec.description ? el("p", { class: "prose" }, spec.description) : null,
      parametersTable(document_, parameters),
      bodyPart(document_, body),
      answers(document_, spec.responses ?? {}),
      curlPart(curl(document_, method, path, parameters, body)),
    ),
  );
}

/** A command line for the operation, with examples where the document has them. */
export function curl(document_, method, path, parameters, body) {
  const of = (place) => parameters.filter((one) => one.in === place);
  const value = (one) => String(exampleOf(document_, one));
  let target = path;
  for (const one of of("path")) {
    if (hasExample(one))
      target = target.replaceAll(`{${one.name}}`, encodeURIComponent(value(one)));
  }
  const asked = of("query").filter((one) => one.required || "example" in one);
  const search = asked.map((one) => `${one.name}=${encodeURIComponent(value(one))}`).join("&");
  const url =
    new URL(".", document.baseURI).href.replace(/\/$/, "") + target + (search && `?${search}`);
  const parts = [`curl -X ${method.toUpperCase()} ${quoted(url)}`];
  for (const one of of("header").filter((header) => header.required))
    parts.push(`-H ${quoted(`${one.name}: ${value(one)}`)}`);
  const [type, media] = Object.entries(body?.content ?? {})[0] ?? [];
  if (type)
    parts.push(
      `-H ${quoted(`Content-Type: ${type}`)}`,
      `-d ${quoted(JSON.stringify(exampleOf(document_, media)))}`,
    );
  return parts.join(" \\\n  ");
}

function parametersTable(document_, parameters) {
  if (!parameters.length) return null;
  const rows = parameters.map((one) =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el("code", {}, one.name),
        one.required ? el("span", { class: "type" }, "required") : null,
      ),
      el("td", {}, one.in),
      el("td", {}, one.schema ? schemaView(document_, one.schema) : ""),
      el("td", {}, el("span", { class: "prose" }, one.description ?? "")),
    ),
  );
  const head = ["Parameter", "In", "Type", ""].map((title) => el("th", { scope: "col" }, title));
  return el(
    "div",
    {},
    el("h4", {}, "Parameters"),
    el(
      "div",
      { class: "scroll" },
      el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)),
    ),
  );
}

function bodyPart(document_, body) {
  if (!body?.content) return null;
  return el(
    "div",
    {},
    el("h4", {}, body.required ? "Body" : "Body (optional)"),
    body.description ? el("p", { class: "prose" }, body.description) : null,
    mediaParts(document_, body.content),
  );
}

function answers(document_, responses) {
  return el(
    "div",
    {},
    el("h4", {}, "Answers"),
    Object.entries(responses).map(([status, given]) => {
      const response = resolve(document_, given);
      return el(
        "details",
        { class: "json", open: status.startsWith("2") },
        el("summary", {}, el("code", {}, status), " ", response.description ?? ""),
        headersList(document_, response.headers),
        mediaParts(document_, response.content ?? {}),
      );
    }),
  );
}

function headersList(document_, headers) {
  const entries = Object.entries(headers ?? {});
  if (!entries.length) return null;
  return el(
    "ul",
    { class: "schema" },
    entries.map(([name, header]) =>
      el(
        "li",
        {},
        el("code", {}, name),
        " ",
        el("span", { class: "quiet" }, resolve(document_, header).description ?? ""),
      ),
    ),
  );
}

function mediaParts(document_, content) {
  return Object.entries(content).map(([type, media]) =>
    el(
      "div",
      {},
      el("span", { class: "type" }, type),
      media.schema ? schemaView(document_, media.schema) : null,
      ...examples(document_, media),
    ),
  );
}

function examples(document_, media) {
  const named = Object.entries(media.examples ?? {}).map(([name, one]) => [
    name,
    resolve(document_, one).value,
  ]);
  if ("example" in media) named.unshift(["Example", media.example]);
  return named.map(([name, value]) =>
    el(
      "details",
      { class: "json" },
      el("summary", {}, name),
      el("pre", { tabindex: "0" }, pretty(value)),
    ),
  );
}

function hasExample(one) {
  return "example" in one || one.schema?.examples?.length > 0;
}

function exampleOf(document_, one) {
  if ("example" in one) return one.example;
  const first = Object.values(one.examples ?? {})[0];
  return first === undefined ? sample(document_, one.schema) : resolve(document_, first).value;
}

function curlPart(text) {
  const button = el("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    button.textContent = copied ? "Copied" : "Select and copy by hand";
  });
  return el(
    "div",
    {},
    el("h4", {}, "curl"),
    el("div", { class: "curl" }, el("pre", { tabindex: "0" }, text), button),
  );
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
