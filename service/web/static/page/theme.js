// Light or dark, as the reader chose it; before anything is drawn, so it stands alone and is no module.

(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("handrail.theme");
  } catch {
    // A browser that keeps nothing for this page: then as the system has it.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
