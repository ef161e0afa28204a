// A document for tests of components: set up before a framework is imported.

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><div id=app></div>", { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document });
globalThis.navigator ??= window.navigator; // Node has one from 21 on
for (const name of ["Element", "HTMLElement", "SVGElement", "Node", "ShadowRoot", "MathMLElement"]) {
  globalThis[name] ??= window[name];
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

/** What is shown. */
export const shown = () => document.getElementById("app").textContent;
