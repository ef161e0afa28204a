// What nobody tells the page of: asked for now and again, and when somebody returns to it.

import { useEffect, useState } from "../html.js";
import { useReturn } from "../reach.js";
import { client } from "../session.js";

/** What was `found` at this path last, and the `problem` of the last try where it failed; `read` asks at once. */
export function usePolled(path, everyMs) {
  const [state, setState] = useState({});
  const read = () =>
    client.get(path).then(
      (found) => setState({ found }),
      (problem) => setState((before) => ({ ...before, problem })),
    );
  useEffect(() => {
    read();
    const timer = setInterval(() => document.hidden || read(), everyMs);
    return () => clearInterval(timer);
  }, []);
  useReturn(read);
  return { ...state, read };
}
