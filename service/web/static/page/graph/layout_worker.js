// Lays graphs out beside the page, so that nothing waits for it; where there can be no workers, the
// page lays them out itself by this module.

import { layoutOf } from "./layout.js";

export { layoutOf };

if (typeof document === "undefined") {
  globalThis.onmessage = ({ data: { id, model, narrow } }) => {
    globalThis.postMessage({ id, found: layoutOf(model, { narrow }) });
  };
}
