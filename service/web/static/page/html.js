// Preact, its hooks and htm in one import: `html\`<${Part} name=${x} />\``. Text is always text.

import htm from "../vendor/htm.js";
import { Component, Fragment, h, render } from "../vendor/preact.js";
import { useEffect, useState } from "../vendor/preact-hooks.js";

export { Component, Fragment, h, render };
export {
  useCallback,
  useEffect,
  useErrorBoundary,
  useId,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "../vendor/preact-hooks.js";

export const html = htm.bind(h);

/** A component drawn again only when one of its properties is another value than before. */
export function memo(Part) {
  return class Memo extends Component {
    shouldComponentUpdate(next) {
      for (const name in next) if (this.props[name] !== next[name]) return true;
      for (const name in this.props) if (!(name in next)) return true;
      return false;
    }

    render() {
      return h(Part, this.props);
    }
  };
}

/**
 * A component whose module is loaded when it is first drawn: `load()` imports it, `name` is what the
 * module calls it. Until then it draws `waiting`; where the module can't be loaded, it says so.
 */
export function lazy(load, name, waiting = null) {
  let loading;
  return function Lazy(props) {
    const [loaded, setLoaded] = useState({});
    useEffect(() => {
      loading ??= load();
      loading.then(
        (module) => setLoaded({ part: module[name] }),
        () => {
          loading = undefined;
          setLoaded({ failed: true });
        },
      );
    }, []);
    if (loaded.part) return h(loaded.part, props);
    return loaded.failed ? html`<${Unloaded} />` : waiting;
  };
}

// Browsers differ on whether a module that failed to load is tried again: a reload surely does.
function Unloaded() {
  return html`<div class="empty" role="alert">
    <p><strong>A part of this page can't be loaded.</strong></p>
    <button type="button" onClick=${() => location.reload()}>Reload</button>
  </div>`;
}
