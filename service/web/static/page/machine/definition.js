// A definition as it was written: highlighted, numbered, to be folded; the state that is selected
// is marked. Of a long one, only the lines in sight are in the page.

import { html, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../html.js";
import { CopyButton } from "../ui/copy_button.js";
import { DownloadButton } from "../ui/download_button.js";
import { lineOf, linesOf, shownLines, stateAt } from "./definition_lines.js";

const ROW = 20;
const WHOLE = 2000;
const AROUND = 40;
const HOW = "Up and down go from state to state, left and right fold.";
const SEVERITIES = ["info", "warning", "error"];

/** `selected` is a state's name, `at` a path to be seen; `onSelect` is given a name or null. */
export function Definition({ machine, selected, at, onSelect }) {
  const source = useMemo(() => linesOf(machine.definition_text ?? ""), [machine]);
  const marks = useMemo(() => marksOf(machine.lint, source), [machine]);
  const [folded, setFolded] = useState(() => new Set());
  const shown = useMemo(() => shownLines(source, folded), [source, folded]);
  const place = source.states.get(selected) ?? null;
  const aim = at === null ? (place?.first ?? -1) : lineOf(source.root, at);
  const pane = useRef();
  const [top, height] = useScroll(pane, shown.length);
  const own = useRef(null);
  useAim({ pane, shown, aim, folded, setFolded, source, own, name: `${selected} ${at}` });
  const select = (name) => {
    own.current = name;
    onSelect(name);
  };
  const toggle = (line) => setFolded((before) => toggled(before, line));
  const keys = (event) => press(event, { source, selected, onSelect, toggle, folded });
  const [from, to] = windowOf(shown.length, top, height);
  return html`<section class="definition" aria-label="Definition">
    <${Head} machine=${machine} source=${source} folded=${folded} setFolded=${setFolded} />
    <div
      class="code definition-lines"
      ref=${pane}
      tabindex="0"
      role="group"
      onKeyDown=${keys}
      aria-label=${`${source.lines.length} lines. ${HOW}`}
    >
      <div class="definition-whole" style=${{ height: `${shown.length * ROW}px` }}>
        <div
          class="definition-window"
          style=${{ transform: `translateY(${from * ROW}px)` }}
          onClick=${(event) => pick(event, source, select, toggle)}
        >
          ${shown
            .slice(from, to)
            .map(
              (line) =>
                html`<${Line}
                  key=${line}
                  number=${line}
                  tokens=${source.lines[line]}
                  fold=${source.folds.has(line) ? !folded.has(line) : undefined}
                  mine=${place !== null && place.first <= line && line <= place.last}
                  aimed=${at !== null && line === aim}
                  mark=${marks.get(line)}
                />`,
            )}
        </div>
      </div>
    </div>
    <p class="visually-hidden" role="status">
      ${place ? `${selected}, line ${place.first + 1}` : ""}
    </p>
  </section>`;
}

function Head({ machine, source, folded, setFolded }) {
  const all = [...source.states.values()]
    .filter(({ first, last }) => last > first)
    .map(({ first }) => first);
  const some = folded.size > 0;
  return html`<header>
    <h2>Definition</h2>
    <span class="quiet">${source.lines.length.toLocaleString()} lines</span>
    <button type="button" class="small plain" onClick=${() => setFolded(new Set(some ? [] : all))}>
      ${some ? "Unfold all" : "Fold states"}
    </button>
    <${CopyButton} text=${source.text} label="Copy the definition" />
    <${DownloadButton}
      text=${source.text}
      name=${`${machine.name}.asl.json`}
      label="Download the definition"
    />
  </header>`;
}

const Line = memo(function Line({ number, tokens, fold, mine, aimed, mark }) {
  const classes = ["definition-line", mine && "mine", aimed && "aimed"].filter(Boolean).join(" ");
  return html`<div class=${classes} data-line=${number}>
    <span class="gutter">
      ${
        mark &&
        html`<span class="finding-dot" data-severity=${mark.severity} title=${mark.message}></span>`
      }
      <span class="line-number">${number + 1}</span>
      ${
        fold !== undefined &&
        html`<button
          type="button"
          class="fold"
          tabindex="-1"
          aria-expanded=${fold}
          aria-label=${`Fold line ${number + 1}`}
        ></button>`
      }
    </span>
    <code
      >${tokens.map(({ kind, text, state }, at) =>
        kind === "space"
          ? text
          : html`<span key=${at} class=${kind} data-state=${kind === "name" ? state : undefined}
              >${text}</span
            >`,
      )}${fold === false && html`<span class="count"> … </span>`}</code
    >
  </div>`;
});

// A click on a name selects that state, anywhere else the state whose lines these are.
function pick(event, source, select, toggle) {
  const line = Number(event.target.closest(".definition-line")?.dataset.line ?? -1);
  if (line < 0 || String(getSelection())) return;
  if (event.target.closest(".fold")) toggle(line);
  else select(event.target.dataset.state ?? stateAt(source.states, line));
}

function press(event, { source, selected, onSelect, toggle, folded }) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const { first, last } = source.states.get(selected) ?? {};
  if (step) {
    const names = [...source.states].sort(([, one], [, other]) => one.first - other.first);
    const next = names[names.findIndex(([name]) => name === selected) + step]?.[0];
    if (next !== undefined) onSelect(next);
  } else if (event.key === "Escape" && selected !== null) onSelect(null);
  else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && last > first) {
    if (folded.has(first) === (event.key === "ArrowRight")) toggle(first);
  } else return;
  event.preventDefault();
}

function toggled(before, line) {
  const after = new Set(before);
  if (!after.delete(line)) after.add(line);
  return after;
}

// Which lines are drawn: all of a short definition, those around the ones in sight of a long one.
function windowOf(count, top, height) {
  if (count <= WHOLE) return [0, count];
  const from = Math.max(0, Math.floor(top / ROW) - AROUND);
  return [from, Math.min(count, from + Math.ceil(height / ROW) + 2 * AROUND)];
}

function useScroll(pane, count) {
  const [seen, setSeen] = useState([0, 0]);
  useEffect(() => {
    if (count <= WHOLE) return undefined;
    const element = pane.current;
    const update = () => {
      const row = Math.floor(element.scrollTop / ROW / 10) * 10 * ROW;
      setSeen((before) =>
        before[0] === row && before[1] === element.clientHeight
          ? before
          : [row, element.clientHeight],
      );
    };
    update();
    element.addEventListener("scroll", update, { passive: true });
    return () => element.removeEventListener("scroll", update);
  }, [count <= WHOLE]);
  return seen;
}

// Brings what is selected elsewhere into sight, and unfolds what hides it.
function useAim({ pane, shown, aim, folded, setFolded, source, own, name }) {
  const aimed = useRef("");
  useLayoutEffect(() => {
    if (aim < 0 || aimed.current === name) return;
    const hiding = [...folded].filter((first) => first < aim && aim <= source.folds.get(first));
    if (hiding.length > 0) {
      setFolded(new Set([...folded].filter((first) => !hiding.includes(first))));
      return;
    }
    aimed.current = name;
    const clicked = own.current !== null && name.startsWith(`${own.current} `);
    own.current = null;
    const element = pane.current;
    const row = shown.indexOf(aim) * ROW;
    const inSight =
      row >= element.scrollTop && row + 3 * ROW < element.scrollTop + element.clientHeight;
    if (!inSight && !clicked) element.scrollTop = row - element.clientHeight / 4;
  }, [name, aim, folded]);
}

// The worst finding of each line.
function marksOf(findings, source) {
  const marks = new Map();
  for (const finding of findings) {
    const line = lineOf(source.root, finding.path);
    const held = marks.get(line);
    const worse = !held || SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(held.severity);
    if (line >= 0 && worse) marks.set(line, finding);
  }
  return marks;
}
