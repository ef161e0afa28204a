// Lays graphs out beside the page, so that nothing waits for it.

import { layoutOf } from "./layout.js";

globalThis.onmessage = ({ data: { id, model, narrow } }) => {
  globalThis.postMessage({ id, found: layoutOf(model, { narrow }) });
};
