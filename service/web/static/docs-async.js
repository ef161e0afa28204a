// The live half: an AsyncAPI 3 (or 2) document's channels and their messages.

import { resolve, schemaView } from "./docs-schema.js";
import { el, pretty } from "./dom.js";

/** Sections, one a channel. `section(title, description, children)` frames each. */
export function asyncSections(document_, section) {
  return Object.entries(document_.channels ?? {}).map(([name, given]) => {
    const channel = resolve(document_, given);
    const title = channel.title ?? channel.address ?? name;
    const address = el("p", { class: "path" }, channel.address ?? name);
    const messages = messagesOf(document_, name, channel).map((message) =>
      messageView(document_, message),
    );
    return section(`Live: ${title}`, channel.description ?? channel.summary, [
      address,
      ...messages,
    ]);
  });
}

/** `[{verb, name, message}]`: who sends it, seen from the service. */
export function messagesOf(document_, name, channel) {
  if (channel.publish || channel.subscribe) return ofVersion2(document_, channel);
  const directions = directionsOf(document_, name);
  return Object.entries(channel.messages ?? {}).map(([key, message]) => ({
    verb: directions.get(`#/channels/${name.replaceAll("/", "~1")}/messages/${key}`) ?? "",
    name: key,
    message: resolve(document_, message),
  }));
}

function directionsOf(document_, name) {
  const channel = `#/channels/${name.replaceAll("/", "~1")}`;
  const directions = new Map();
  for (const operation of Object.values(document_.operations ?? {})) {
    if (operation.channel?.$ref !== channel) continue;
    const all = Object.keys(resolve(document_, operation.channel).messages ?? {}).map((key) => ({
      $ref: `${channel}/messages/${key}`,
    }));
    for (const { $ref } of operation.messages ?? all) {
      const other = directions.get($ref);
      directions.set($ref, other && other !== operation.action ? "both" : operation.action);
    }
  }
  return directions;
}

function ofVersion2(document_, channel) {
  const ofSide = (side, verb) => {
    const message = resolve(document_, channel[side]?.message);
    const several = message?.oneOf ?? (message ? [message] : []);
    return several
      .map((one) => resolve(document_, one))
      .map((one) => ({ verb, name: one.name ?? side, message: one }));
  };
  return [...ofSide("publish", "receive"), ...ofSide("subscribe", "send")];
}

function messageView(document_, { verb, name, message }) {
  const words = { send: "service → client", receive: "client → service", both: "both ways" };
  const examples = (message.examples ?? []).map((example) =>
    el(
      "details",
      { class: "json" },
      el("summary", {}, example.name ?? "Example"),
      el("pre", { tabindex: "0" }, pretty(example.payload ?? example)),
    ),
  );
  return el(
    "details",
    { class: "operation" },
    el(
      "summary",
      {},
      el("span", { class: "verb", "data-verb": verb }, words[verb] ?? ""),
      el("span", { class: "path" }, message.name ?? name),
      el("span", { class: "quiet" }, message.summary ?? message.title ?? ""),
    ),
    el(
      "div",
      {},
      message.description ? el("p", { class: "prose" }, message.description) : null,
      message.payload ? schemaView(document_, message.payload.schema ?? message.payload) : null,
      examples,
    ),
  );
}
