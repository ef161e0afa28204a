// Moves the view of a graph: by dragging, wheel, pinch, keys and buttons, and to what has happened.

import { useLayoutEffect, useMemo, useState } from "../html.js";
import { bounded, first, revealing, scrolled, whole, zoomed } from "./view.js";

const SLOP = 4; // px that a click may slip
const STEP = 1.25;
const GLIDE_MS = 180;

/**
 * A view of what `layer` draws in `root`: `{attach, percent, fit(), zoom(factor), reveal(box), …}`.
 * The layer is moved by itself, without drawing anything anew.
 */
export class Mover {
  constructor(onMove) {
    this.onMove = onMove;
    this.moved = false; // by the reader, who is not moved away then
    this.dragged = false;
    this.pointers = new Map();
  }

  attach(root, layer, size, bounds) {
    const anew = this.size !== size;
    Object.assign(this, { root, layer, size, bounds });
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(root);
    const off = [
      ["pointerdown", this.down],
      ["pointermove", this.drag],
      ["pointerup", this.up],
      ["pointercancel", this.up],
      ["wheel", this.wheel],
      ["touchstart", this.touch],
      ["touchmove", this.touch],
    ].map(([name, act]) => listen(root, name, act.bind(this)));
    this.measure();
    if (anew) this.moved = false;
    if (anew || !this.view) this.show(first(size, this.room, bounds));
    else this.show(this.view);
    return () => {
      resized.disconnect();
      cancelAnimationFrame(this.frame);
      off.forEach((stop) => stop());
    };
  }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.root;
    this.room = { width, height };
  }

  resize() {
    const { width, height } = this.room;
    this.measure();
    if (width === this.room.width && height === this.room.height) return;
    if (!this.moved) this.show(first(this.size, this.room, this.bounds));
    else this.show(bounded(this.view, this.size, this.room));
    if (!this.moved && this.wanted) this.reveal(this.wanted, { glide: false });
  }

  show(view) {
    this.view = view;
    this.layer.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`);
    this.root.style.backgroundPosition = `${view.x}px ${view.y}px`;
    this.root.style.backgroundSize = `${24 * view.k}px ${24 * view.k}px`;
    this.onMove(view, this.room);
  }

  glide(view) {
    cancelAnimationFrame(this.frame);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still) return this.show(view);
    const [from, began] = [this.view, performance.now()];
    const step = (now) => {
      const part = Math.min(1, Math.max(0, (now - began) / GLIDE_MS));
      const t = 1 - (1 - part) ** 3;
      const mix = (name) => from[name] + (view[name] - from[name]) * t;
      this.show(part === 1 ? view : { x: mix("x"), y: mix("y"), k: mix("k") });
      if (part < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
    return undefined;
  }

  // By the reader: from now on nothing but what they choose moves the view.
  take(view) {
    cancelAnimationFrame(this.frame);
    this.moved = true;
    this.show(bounded(view, this.size, this.room));
  }

  fit() {
    this.moved = false;
    this.glide(whole(this.size, this.room));
  }

  zoom(factor) {
    this.moved = true;
    const { width, height } = this.room;
    this.glide(
      bounded(zoomed(this.view, factor, { x: width / 2, y: height / 2 }), this.size, this.room),
    );
  }

  reveal(box, { glide = true } = {}) {
    this.wanted = box;
    const next = revealing(this.view, box, this.size, this.room);
    if (next === this.view || this.pointers.size) return;
    if (glide) this.glide(next);
    else this.show(next);
  }

  key(event) {
    const act = {
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      0: () => this.fit(),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return false;
    act();
    return true;
  }

  at(event) {
    const { left, top } = this.root.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  down(event) {
    if (event.button !== 0 || event.target.closest("button, .minimap")) return;
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 1) this.dragged = false;
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const by = { x: now.x - before.x, y: now.y - before.y };
    if (!this.dragged && Math.hypot(by.x, by.y) < SLOP) return;
    if (!this.dragged) this.root.setPointerCapture(event.pointerId);
    this.dragged = true;
    this.pointers.set(event.pointerId, now);
    const { x, y, k } = this.view;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    const scrolls = this.bounds.high && event.pointerType === "touch"; // the page, up and down
    if (!other) return this.take({ x: x + by.x, y: scrolls ? y : y + by.y, k });
    const grown = distance(now, other) / (distance(before, other) || 1);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    const moved = { x: x + by.x / 2, y: y + by.y / 2, k };
    return this.take(zoomed(moved, grown, middle));
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    setTimeout(() => (this.dragged = false)); // after the click that a drag ends with
  }

  // Two fingers are the graph's; with one the page is scrolled, where it may be.
  touch(event) {
    if (event.touches.length > 1) event.preventDefault();
  }

  // The page goes on scrolling where the graph has come to its end.
  wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * unit * (event.deltaMode ? 0.02 : 0.006));
      return this.take(
        zoomed(this.view, Math.min(STEP, Math.max(1 / STEP, factor)), this.at(event)),
      );
    }
    const across = event.shiftKey && !event.deltaX;
    const by = { dx: across ? event.deltaY : event.deltaX, dy: across ? 0 : event.deltaY };
    const next = scrolled(this.view, { dx: by.dx * unit, dy: by.dy * unit }, this.size, this.room);
    if (next.x === this.view.x && next.y === this.view.y) return undefined;
    event.preventDefault();
    return this.take(next);
  }
}

function listen(target, name, act) {
  target.addEventListener(name, act, { passive: false });
  return () => target.removeEventListener(name, act);
}

function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** A mover for as long as the graph is shown, and what it shows: `{mover, view, room}`. */
export function useMover({ root, layer, size, bounds }) {
  const [seen, setSeen] = useState(null);
  const mover = useMemo(() => new Mover((view, room) => setSeen({ view, room })), []);
  useLayoutEffect(() => {
    if (!size) return undefined;
    return mover.attach(root.current, layer.current, size, bounds);
  }, [size, bounds]);
  return { mover, seen };
}
