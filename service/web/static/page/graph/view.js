// Which part of a graph is seen: `{x, y, k}` puts the graph's point p at p * k + (x, y).

export const LEAST = 0.1;
export const MOST = 2;
const MARGIN = 20;

/** All of it: no larger than it is, down to the smallest there is. */
export function whole(size, room) {
  const wide = (room.width - 2 * MARGIN) / size.width;
  const high = (room.height - 2 * MARGIN) / size.height;
  return centred(size, room, Math.max(LEAST, Math.min(1, wide, high)));
}

/**
 * What is shown at first: all of it where that can be read well, else its whole width from its top,
 * but never smaller than `least`. Where it is as high as it wants to be, it is told by its width.
 */
export function first(size, room, { least, high = false }) {
  const all = whole(size, room);
  if (all.k >= 0.75 && !high) return all;
  const view = centred(size, room, byWidth(size, room, least));
  return high ? { ...view, y: MARGIN } : view;
}

/** How large it is where its whole width is seen. */
export function byWidth(size, room, least) {
  return Math.max(least, Math.min(1, (room.width - 2 * MARGIN) / size.width));
}

/** How high a room must be for all of it. */
export function highAs(size, room, least) {
  return Math.ceil(size.height * byWidth(size, room, least)) + 2 * MARGIN;
}

function centred(size, room, k) {
  const x = (room.width - size.width * k) / 2;
  const y = (room.height - size.height * k) / 2;
  return bounded({ x, y: Math.max(0, y) > 0 ? y : MARGIN, k }, size, room);
}

/** Larger or smaller, while the point at `x`, `y` stays where it is. */
export function zoomed(view, factor, { x, y }) {
  const k = Math.min(MOST, Math.max(LEAST, view.k * factor));
  const grown = k / view.k;
  return { k, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown };
}

/** The view so that some of the graph is always seen. */
export function bounded(view, size, room) {
  const axis = (at, long, seen) => {
    const edge = Math.min(80, seen / 3);
    return Math.min(seen - edge, Math.max(edge - long * view.k, at));
  };
  const x = axis(view.x, size.width, room.width);
  return { ...view, x, y: axis(view.y, size.height, room.height) };
}

/** How far a wheel may move it along an axis until the graph's end is seen, with a margin. */
export function scrolled(view, { dx, dy }, size, room) {
  const axis = (at, by, long, seen) => {
    const least = Math.min(at, seen - MARGIN - long * view.k);
    const most = Math.max(at, MARGIN);
    return Math.min(most, Math.max(least, at - by));
  };
  const x = axis(view.x, dx, size.width, room.width);
  return { ...view, x, y: axis(view.y, dy, size.height, room.height) };
}

/** The view in which a box is seen: the same where it is already, else with it in the middle. */
export function revealing(view, box, size, room) {
  const left = box.x * view.k + view.x;
  const top = box.y * view.k + view.y;
  const width = Math.min(box.width * view.k, room.width - 2 * MARGIN);
  const height = Math.min(box.height * view.k, room.height - 2 * MARGIN);
  const inside = left >= 4 && top >= 4 && left + width <= room.width - 4;
  if (inside && top + height <= room.height - 4) return view;
  const x = view.x + (room.width - width) / 2 - left;
  const y = view.y + (room.height - height) / 2 - top;
  return bounded({ ...view, x: inView(left, width, room.width) ? view.x : x, y }, size, room);
}

function inView(at, long, seen) {
  return at >= 4 && at + long <= seen - 4;
}
