// Whether there is room for two things beside each other.

import { useEffect, useState } from "../html.js";

/** True while the window is at least this wide, a CSS length. */
export function useWide(width) {
  const asked = () => globalThis.matchMedia(`(min-width: ${width})`);
  const [wide, setWide] = useState(() => asked().matches);
  useEffect(() => {
    const media = asked();
    const update = () => setWide(media.matches);
    media.addEventListener("change", update);
    update();
    return () => media.removeEventListener("change", update);
  }, [width]);
  return wide;
}
