// What an entry opens to: of an operation its parameters, body, answers and a curl; of a message
// what is in it.

import { CopyButton } from "../ui/copy_button.js";
import { html } from "../html.js";
import { Prose, Words } from "./prose.js";
import { Inside, Shape, Type } from "./shape.js";
import { hasInside, sample } from "./schema.js";

const PROBLEM = "application/problem+json";

export function Operation({ root, entry }) {
  const { spec } = entry;
  return html`<${Prose} text=${spec.description} under=${4} />
    <${Parameters} root=${root} id=${entry.id} parameters=${spec.parameters} />
    ${spec.body && html`<${Body} root=${root} body=${spec.body} />`}
    <${Answers} root=${root} id=${entry.id} responses=${spec.responses} />
    <${Code} title="curl" text=${curl(root, entry)} />`;
}

export function Channel({ root, entry }) {
  const { spec } = entry;
  return html`<${Prose} text=${spec.description} under=${4} />
    <${Prose} text=${spec.server} under=${4} quiet />
    <${Parameters} root=${root} id=${entry.id} parameters=${spec.parameters} />`;
}

export function Message({ root, entry }) {
  const { spec } = entry;
  return html`<${Prose} text=${spec.description} under=${4} /> ${
    spec.payload &&
    html`<${Shape} root=${root} schema=${spec.payload} answered=${entry.verb === "send"} />`
  }
    ${spec.examples.map(
      (one) => html`<${Code} title=${one.name ?? "Example"} text=${pretty(one.payload)} />`,
    )}`;
}

/** A command line for the operation, with examples where the document has them. */
export function curl(root, { verb, name, spec }) {
  const of = (place) => spec.parameters.filter((one) => one.in === place);
  const value = (one) => String(exampleOf(root, one));
  let target = name;
  for (const one of of("path").filter(hasExample)) {
    target = target.replaceAll(`{${one.name}}`, encodeURIComponent(value(one)));
  }
  const asked = of("query").filter((one) => one.required || "example" in one);
  const search = asked.map((one) => `${one.name}=${encodeURIComponent(value(one))}`).join("&");
  const home = new URL(".", globalThis.document?.baseURI ?? "http://localhost/").href.replace(
    /\/$/,
    "",
  );
  const method = verb === "get" ? "" : `-X ${verb.toUpperCase()} `;
  const parts = [`curl ${method}${quoted(home + target + (search && `?${search}`))}`];
  for (const one of of("header").filter((header) => header.required)) {
    parts.push(`-H ${quoted(`${one.name}: ${value(one)}`)}`);
  }
  const [type, media] = Object.entries(spec.body?.content ?? {})[0] ?? [];
  if (type) {
    parts.push(
      `-H ${quoted(`Content-Type: ${type}`)}`,
      `-d ${quoted(JSON.stringify(exampleOf(root, media)))}`,
    );
  }
  return parts.join(" \\\n  ");
}

function Parameters({ root, id, parameters }) {
  if (!parameters.length) return null;
  return html`<div>
    <h4 id=${`${id}-parameters`}>Parameters</h4>
    <table class="stacked" aria-labelledby=${`${id}-parameters`}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">In</th>
          <th scope="col">Type</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${parameters.map(
          (one) => html`<tr key=${`${one.in} ${one.name}`}>
            <th scope="row">
              <code class="name">${one.name}</code>${
                one.required && html` <span class="required">required</span>`
              }
            </th>
            <td class="quiet">${one.in}</td>
            <td>${one.schema && html`<${Type} root=${root} schema=${one.schema} />`}</td>
            <td><${Words} text=${one.description} /></td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Body({ root, body }) {
  return html`<div>
    <h4>${body.required === false ? "Body, optional" : "Body"}</h4>
    <${Prose} text=${body.description} under=${5} />
    <${Media} root=${root} content=${body.content} />
  </div>`;
}

function Answers({ root, id, responses }) {
  const good = responses.filter(({ status }) => /^[123]/.test(status));
  const bad = responses.filter((one) => !good.includes(one));
  return html`${together(good).map(
    ({ statuses, description, content }) => html`<div key=${statuses[0]}>
      <h4>Answer ${statuses.map(answerCode)}</h4>
      <${Prose} text=${description} under=${5} />
      <${Media} root=${root} content=${content} answered />
    </div>`,
  )}
  ${
    bad.length > 0 &&
    html`<details class="inside">
    <summary>
      ${bad.length} ${bad.length === 1 ? "failure" : "failures"}
      <span class="codes" aria-hidden="true">
        ${bad.map(({ status }) => html`<code>${status}</code> `)}
      </span>
    </summary>
    <table class="stacked" aria-label=${`Failures of ${id}`}>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${bad.map((one) => html`<${Failure} key=${one.status} root=${root} ...${one} />`)}
      </tbody>
    </table>
  </details>`
  }`;
}

function answerCode(status, index) {
  return html`${index > 0 && ", "}<code class="answer-code">${status}</code>`;
}

// Those that say the same are shown once.
function together(responses) {
  const found = [];
  for (const { status, description, content } of responses) {
    const same = found.find(
      (one) =>
        JSON.stringify([one.description, one.content]) === JSON.stringify([description, content]),
    );
    if (same) same.statuses.push(status);
    else found.push({ statuses: [status], description, content });
  }
  return found;
}

function Failure({ root, status, description, content }) {
  const own = Object.entries(content ?? {}).filter(
    ([type]) => type !== PROBLEM && type !== "text/html",
  );
  return html`<tr>
    <th scope="row"><code class="answer-code">${status}</code></th>
    <td>
      <${Words} text=${description} />${
        own.length > 0 &&
        html`<${Media} root=${root} content=${Object.fromEntries(own)} answered />`
      }
    </td>
  </tr>`;
}

function Media({ root, content, answered = false }) {
  return Object.entries(content ?? {}).map(
    ([type, media]) => html`<div key=${type} class="media">
      <p class="media-type">${type}</p>
      ${
        media.schema &&
        html`<${Content} root=${root} schema=${media.schema} answered=${answered} type=${type} />`
      }
      ${examplesOf(root, media).map(
        ([title, value]) =>
          html`<${Code} key=${title} title=${title} text=${pretty(value)} folded />`,
      )}
    </div>`,
  );
}

// What is sent is shown at once, a long answer when somebody asks.
function Content({ root, schema, answered, type }) {
  if (!answered || !hasInside(root, schema))
    return html`<${Shape} root=${root} schema=${schema} answered=${answered} level=${5} />`;
  return html`<${Inside} root=${root} name=${type} schema=${schema} answered level=${5} />`;
}

function Code({ title, text, folded = false }) {
  const code = html`<div class="code-box">
    <pre tabindex="0">${text}</pre>
    <${CopyButton} text=${text} label=${`Copy: ${title}`} />
  </div>`;
  if (!folded)
    return html`<div>
      <h4>${title}</h4>
      ${code}
    </div>`;
  return html`<details class="inside"><summary>${title}</summary>${code}</details>`;
}

function examplesOf(root, media) {
  const named = Object.entries(media.examples ?? {}).map(([name, one]) => [name, one.value]);
  return "example" in media ? [["Example", media.example], ...named] : named;
}

function hasExample(one) {
  return "example" in one || one.schema?.examples?.length > 0;
}

function exampleOf(root, one) {
  if ("example" in one) return one.example;
  const first = Object.values(one.examples ?? {})[0];
  return first === undefined ? sample(root, one.schema) : first.value;
}

function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
