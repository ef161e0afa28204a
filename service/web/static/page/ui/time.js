// Times and durations for people, kept up to date where they run.

import { html, useEffect, useState } from "../html.js";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** `23 Nov 2026, 14:03:07` in the reader's zone and manner; today's times without the day. */
export function timeText(at) {
  if (!at) return "";
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return (today ? CLOCK : DAY).format(date);
}

/** `480 ms`, `3.2 s`, `4 m 05 s`, `2 h 10 m`, `3 d 04 h`. */
export function durationText(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} m ${two(whole % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${two(minutes % 60)} m`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

function two(number) {
  return String(number).padStart(2, "0");
}

/** A local time; the exact one in UTC is its title. */
export function Time({ at }) {
  if (!at) return null;
  return html`<time datetime=${at} title=${at}>${timeText(at)}</time>`;
}

/** From `start` to `end`; where there is no end yet, to now, each second anew. */
export function Took({ start, end }) {
  const now = useNow(start && !end ? 1000 : null);
  if (!start) return null;
  const ms = (end ? Date.parse(end) : now) - Date.parse(start);
  return html`<span class="took">${durationText(ms)}</span>`;
}

/** Tells the time in ms; the service's where that is known, since its times are counted by it. */
export const clock = { now: () => Date.now() };

/** The time now, renewed every `everyMs`; null: never. */
export function useNow(everyMs) {
  const [now, setNow] = useState(clock.now);
  useEffect(() => {
    if (everyMs === null) return undefined;
    setNow(clock.now());
    const timer = setInterval(() => setNow(clock.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
