// What the documents page lists, from openapi.json and asyncapi.json: operations and messages.

import { resolve, wordsOf } from "./schema.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const GROUPS = {
  channel: "Sockets",
  send: "From the service",
  receive: "From the client",
  code: "Close codes",
};

/**
 * Groups of operations, in the order of the document's tags: `[{id, title, description,
 * entries}]`. An entry has `id`, `verb`, `name`, `summary`, the `words` it is found by, and what it
 * is drawn from.
 */
export function restGroups(root) {
  const groups = new Map((root.tags ?? []).map((tag) => [tag.name, { ...tag, entries: [] }]));
  for (const [path, item] of Object.entries(root.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const spec = item[method];
      const name = spec.tags?.[0] ?? "Other";
      if (!groups.has(name)) groups.set(name, { name, entries: [] });
      groups.get(name).entries.push(operation(root, path, method, item.parameters ?? [], spec));
    }
  }
  return [...groups.values()]
    .filter((group) => group.entries.length)
    .map(({ name, description, entries }) => ({
      id: idOf("rest", name),
      title: name,
      description,
      entries,
    }));
}

/** The same of AsyncAPI 3: the channels, then the messages by who sends them, then close codes. */
export function liveGroups(root) {
  const channels = Object.entries(root.channels ?? {}).map(([key, given]) =>
    channel(root, key, given),
  );
  const groups = [group("channel", channels)];
  for (const action of ["send", "receive"]) groups.push(group(action, messages(root, action)));
  const codes = Object.entries(root["x-close-codes"] ?? {}).map(([code, text]) => ({
    id: `close-${code}`,
    kind: "code",
    name: code,
    summary: text,
    words: fold([code, text, "close code"]),
  }));
  groups.push(group("code", codes));
  return groups.filter(({ entries }) => entries.length);
}

/** The groups with those entries that have every word of the query. */
export function matching(groups, query) {
  const asked = fold([query]).split(" ").filter(Boolean);
  if (!asked.length) return groups;
  return groups
    .map((one) => ({
      ...one,
      entries: one.entries.filter(({ words }) => asked.every((word) => words.includes(word))),
    }))
    .filter(({ entries }) => entries.length);
}

export function count(groups) {
  return groups.reduce((sum, { entries }) => sum + entries.length, 0);
}

function operation(root, path, method, shared, spec) {
  const parameters = [...shared, ...(spec.parameters ?? [])].map((one) => resolve(root, one));
  const body = spec.requestBody ? resolve(root, spec.requestBody) : null;
  const responses = Object.entries(spec.responses ?? {}).map(([status, given]) => ({
    status,
    ...resolve(root, given),
  }));
  const media = [body, ...responses.filter(({ status }) => status.startsWith("2"))];
  const schemas = media.flatMap((one) =>
    Object.values(one?.content ?? {}).map(({ schema }) => schema),
  );
  return {
    id: spec.operationId ?? idOf(method, path),
    kind: "operation",
    verb: method,
    name: path,
    summary: spec.summary ?? "",
    deprecated: Boolean(spec.deprecated),
    spec: { ...spec, parameters, body, responses },
    words: fold([
      method,
      path,
      spec.summary,
      spec.description,
      ...parameters.flatMap((one) => [one.name, one.description]),
      ...schemas.flatMap((schema) => wordsOf(root, schema)),
    ]),
  };
}

function channel(root, key, given) {
  const found = resolve(root, given);
  const query = Object.entries(found.bindings?.ws?.query?.properties ?? {});
  const inPath = Object.entries(found.parameters ?? {});
  const parameters = [
    ...inPath.map(([name, one]) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string" },
      ...one,
    })),
    ...query.map(([name, schema]) => ({
      name,
      in: "query",
      schema,
      description: schema.description,
    })),
  ];
  const server = resolve(root, found.servers?.[0]);
  const name = found.address ?? `${server.protocol}://${server.host}${server.pathname ?? ""}`;
  return {
    id: idOf("channel", key),
    kind: "channel",
    verb: "ws",
    name,
    summary: found.title ?? "",
    spec: { description: found.description, server: server.description, parameters },
    words: fold([
      name,
      found.title,
      found.description,
      ...parameters.flatMap((one) => [one.name, one.description]),
    ]),
  };
}

function messages(root, action) {
  const found = new Map();
  for (const one of Object.values(root.operations ?? {})) {
    if (one.action !== action) continue;
    for (const given of one.messages ?? Object.values(resolve(root, one.channel).messages ?? {})) {
      const message = resolve(root, given);
      found.set(message.name ?? given.$ref, message);
    }
  }
  return [...found].map(([name, message]) => {
    const payload = message.payload?.schema ?? message.payload;
    const summary = message.summary ?? message.title ?? "";
    const type = wireType(root, payload) ?? name;
    return {
      id: idOf(action, name),
      kind: "message",
      verb: action,
      name: type,
      summary: summary.toLowerCase() === type ? "" : summary,
      spec: { description: message.description, payload, examples: message.examples ?? [] },
      words: fold([type, name, summary, message.description, ...wordsOf(root, payload)]),
    };
  });
}

// What the message's own `type` always is.
function wireType(root, schema) {
  const found = resolve(root, schema);
  const type = found.properties?.type;
  if (type) return resolve(root, type).const;
  const branch = (found.anyOf ?? found.oneOf ?? [])[0];
  return branch ? wireType(root, branch) : undefined;
}

function group(kind, entries) {
  return { id: idOf("live", GROUPS[kind]), title: GROUPS[kind], kind, entries };
}

function idOf(...parts) {
  return parts
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function fold(texts) {
  return texts.filter(Boolean).join(" ").toLowerCase().replaceAll(/\s+/g, " ");
}
