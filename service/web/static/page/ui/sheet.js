// A sheet that only some views need, loaded with the first of them.

const loading = new Map();

/** Resolves once `style/<name>` is in force, or can't be had: what it looks like is then plain. */
export function sheet(name) {
  if (!loading.has(name)) loading.set(name, load(new URL(`../../style/${name}`, import.meta.url)));
  return loading.get(name);
}

function load(url) {
  const link = document.createElement("link");
  const settled = new Promise((resolve) => {
    link.onload = resolve;
    link.onerror = resolve;
  });
  document.head.append(Object.assign(link, { rel: "stylesheet", href: url.href }));
  return settled;
}
