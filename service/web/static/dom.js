// Building elements without markup in strings: text is always text.

/** `el("a", {class: "x", href: "#/", onclick: f}, "text", child, null)`. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set text only where it differs, so that selections and screen readers are left in peace. */
export function setText(element, text) {
  const wanted = String(text ?? "");
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** A status as the service said it. The colour only repeats the word. */
export function pill(status) {
  return setPill(el("span", { class: "pill" }), status);
}

export function setPill(element, status) {
  setText(element, status ?? "");
  element.dataset.status = status ?? "";
  return element;
}

/** A collapsible block of pretty JSON. */
export function jsonBlock(title, value, { open = false } = {}) {
  return el(
    "details",
    { class: "json", open },
    el("summary", {}, title),
    el("pre", { tabindex: "0" }, pretty(value)),
  );
}

export function pretty(value) {
  return JSON.stringify(value, null, 2) ?? "";
}

/** What went wrong, with the fields it is about. */
export function problemBox(problem) {
  const fields = (problem.errors ?? []).map((error) =>
    el("li", {}, error.path ? el("code", {}, error.path) : null, ` ${error.message}`),
  );
  return el(
    "div",
    { class: "problem", role: "alert" },
    el("strong", {}, problem.title || "Something went wrong"),
    el("p", {}, problem.message),
    fields.length ? el("ul", {}, fields) : null,
    problem.requestId ? el("p", { class: "quiet" }, `Request ${problem.requestId}`) : null,
  );
}
