// A list of which only the rows in sight are drawn: tens of thousands scroll as a hundred do.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";

const MARGIN = 8; // rows drawn beyond what is in sight, above and below

/**
 * `count` rows of `height` pixels, drawn by `row(index)`; `onSight(first, last)` hears which are in
 * sight; `show` is a row to bring into sight when it changes. Where the reader is at the end and rows
 * come in, the list stays at its end.
 */
export function VirtualList({ count, height, row, onSight, show = null, label, ...rest }) {
  const box = useRef();
  const [{ top, size }, setSight] = useState({ top: 0, size: 600 });
  const first = Math.max(0, Math.floor(top / height) - MARGIN);
  const last = Math.min(count, Math.ceil((top + size) / height) + MARGIN);
  const look = () => {
    const { scrollTop, clientHeight } = box.current;
    setSight((before) =>
      before.top === scrollTop && before.size === clientHeight
        ? before
        : { top: scrollTop, size: clientHeight },
    );
  };
  useEffect(() => {
    const watching = new ResizeObserver(look);
    watching.observe(box.current);
    return () => watching.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (show === null || show < 0) return;
    const at = show * height;
    const { scrollTop, clientHeight } = box.current;
    if (at < scrollTop || at + height > scrollTop + clientHeight) {
      box.current.scrollTop = Math.max(0, at - clientHeight / 3);
    }
    look();
  }, [show]);
  const before = useRef(count);
  useLayoutEffect(() => {
    const { scrollTop, clientHeight } = box.current;
    const atEnd = scrollTop + clientHeight >= before.current * height - 2;
    if (atEnd && count > before.current && before.current * height > clientHeight) {
      box.current.scrollTop = count * height;
    }
    before.current = count;
    look();
  }, [count]);
  useEffect(() => onSight?.(first, last), [first, last, count]);
  const rows = [];
  for (let index = first; index < last; index += 1) rows.push(row(index));
  return html`<div
    class="virtual-list"
    style=${{ "--rows": `${count * height}px` }}
    ref=${box}
    onScroll=${look}
    tabindex="-1"
    role="list"
    aria-label=${label}
    ...${rest}
  >
    <div class="virtual-space" style=${{ height: `${count * height}px` }}>
      <div style=${{ transform: `translateY(${first * height}px)` }}>${rows}</div>
    </div>
  </div>`;
}
