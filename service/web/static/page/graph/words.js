// What the graph says: a Choice's rules, a state's facts, names for those who don't see it.

const SIGNS = {
  Equals: "=",
  LessThan: "<",
  LessThanEquals: "≤",
  GreaterThan: ">",
  GreaterThanEquals: "≥",
};
const COMPARED = new RegExp(
  ` (?:String|Numeric|Timestamp|Boolean)(${Object.keys(SIGNS).reverse().join("|")})(Path)? ` +
    '("(?:[^"\\\\]|\\\\.)*"|\\S+)',
  "g",
);
const KINDS = / Is(Present|Null|String|Numeric|Boolean|Timestamp) (true|false)/g;

/** A rule as people say it: `$.amount ≥ 1000`, `$.note is not present`. */
export function ruleText(label) {
  return label
    .replace(COMPARED, (_, sign, path, value) => {
      return ` ${SIGNS[sign]} ${path ? value.replace(/^"|"$/g, "") : value}`;
    })
    .replace(/ StringMatches /g, " matches ")
    .replace(KINDS, (_, kind, yes) => ` is ${yes === "true" ? "" : "not "}${kind.toLowerCase()}`)
    .replace(/\s+/g, " ")
    .replace(/(\S+) is present and \1 /g, "$1 "); // what is compared is there
}

/** What stands on an arrow: `transitions` are those of the definition that it stands for. */
export function labelOf({ kind, label }) {
  if (kind === "default") return "default";
  return kind === "choice" ? ruleText(label ?? "") : (label ?? "");
}

/** `7/12 items` where they are known. */
export function itemsText(items) {
  if (!items || items.total == null) return "";
  const { total, succeeded, failed, aborted } = items;
  if (succeeded == null) return counted(total, "item");
  return `${succeeded + failed + aborted}/${counted(total, "item")}`;
}

export function counted(count, noun) {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 ? noun : plural}`;
}

export function statusWord(status) {
  return status.replaceAll("_", " ");
}

/** The facts of a state's second line, the most telling first. */
export function factsOf(state) {
  const facts = [itemsText(state?.items)];
  if (state?.items?.failed) facts.push(`${state.items.failed} failed`);
  if (state?.retries) facts.push(counted(state.retries, "retry"));
  return facts.filter(Boolean);
}

/** `ChargeCard, Task, FAILED, 2 retries`: a node's name where it is read out. */
export function spoken(node, state, shown) {
  const parts = [node.id, node.type];
  if (shown) parts.push(state ? statusWord(state.status) : "not entered", ...factsOf(state));
  if (state?.entered > 1) parts.push(`entered ${state.entered} times`);
  if (node.waitsForCallback) parts.push("waits for a callback");
  if (node.mapMode === "DISTRIBUTED") parts.push("distributed");
  if (node.apart) parts.push("runs in child executions");
  if (node.start) parts.push("start");
  if (node.end) parts.push("end");
  return parts.join(", ");
}

/** `to X if $.a > 1, to Y by default, to Z on Boom`: where a node's arrows lead. */
export function waysOf(edges) {
  const ways = edges.flatMap((edge) =>
    edge.transitions.map((way) => {
      const label = labelOf(way);
      if (way.kind === "default") return `to ${edge.target} by default`;
      if (way.kind === "choice") return `to ${edge.target} if ${label}`;
      return way.kind === "catch" ? `to ${edge.target} on ${label}` : `to ${edge.target}`;
    }),
  );
  return ways.join(", ");
}
