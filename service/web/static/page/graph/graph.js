// A state machine as a graph, and an execution's way through it, live.

import { html, lazy, memo, useEffect, useId, useMemo, useRef, useState } from "../html.js";
import { useFocus, useFollowing } from "./attention.js";
import { Edge, Label, timesTaken } from "./edge.js";
import { useLayout } from "./layouts.js";
import { modelOf } from "./model.js";
import { useMover } from "./moving.js";
import { Node } from "./node.js";
import { highAs } from "./view.js";
import { waysOf } from "./words.js";

const NARROW = 560;
const WIDE = { least: 0.55 };
const SMALL = { least: 0.64, high: true };
const TOOLS = 48;
const MOST_HIGH = 1.5; // of the window, on a phone
const Minimap = lazy(() => import("./minimap.js"), "Minimap"); // few graphs need one

/**
 * `machine` is what GET /v1/state-machines/{machine} answers, `states` an execution's states by
 * name (null: none is shown), `selected` a state's name or null, `onSelect(name or null)` hears what is
 * chosen. `compact` leaves out the room for a status.
 */
export function Graph({ machine, states = null, selected = null, onSelect, compact = false }) {
  const root = useRef();
  const layer = useRef();
  const id = useId();
  const shown = states !== null;
  const narrow = useNarrow(root);
  const { graph, definition } = machine;
  const model = useMemo(
    () => modelOf(machine, { plain: compact, narrow }),
    [graph, definition, compact, narrow],
  );
  const { layout, failed } = useLayout(model, narrow);
  const { mover, seen } = useMover({ root, layer, size: layout, bounds: narrow ? SMALL : WIDE });
  const focus = useFocus({ model, layout, root, mover, selected, onSelect });
  useFollowing({ model, layout, mover, states, selected });
  return html`<div
    class="graph"
    role="group"
    aria-label=${`Graph of ${machine.name}`}
    aria-describedby=${`${id}-how`}
    ref=${root}
    data-narrow=${narrow}
    style=${narrow && layout && seen ? { height: `${heightOf(layout, seen.room)}px` } : undefined}
    data-ready=${layout !== null}
    onKeyDown=${focus.key}
    onClick=${focus.background}
    onFocusOut=${focus.leave}
  >
    <p id=${`${id}-how`} class="visually-hidden">
      Arrow keys go from state to state, Enter selects one, Escape none; plus and minus zoom, 0
      shows all.${shown && " The table of the timeline lists the same states."}
    </p>
    <svg class="canvas">
      <g ref=${layer}>
        ${
          layout &&
          html`<${Drawing}
          model=${model}
          layout=${layout}
          states=${states}
          selected=${selected}
          focused=${focus.at}
          reading=${focus.reading}
          on=${focus.on}
        />`
        }
      </g>
    </svg>
    <${Over} ...${{ model, layout, failed, states, seen, narrow, mover }} />
  </div>`;
}

// What lies over the drawing, or stands in its place.
function Over({ model, layout, failed, states, seen, narrow, mover }) {
  const go = (x, y) => {
    const { view, room } = seen;
    mover.take({ k: view.k, x: room.width / 2 - x * view.k, y: room.height / 2 - y * view.k });
  };
  const moved = layout && seen;
  const large = moved && !narrow && !fits(layout, seen);
  return html`${!layout && html`<${Missing} failed=${failed} />`}
    ${states && html`<${Unknown} model=${model} states=${states} />`}
    ${moved && html`<${Tools} mover=${mover} percent=${Math.round(seen.view.k * 100)} />`}
    ${large && html`<${Minimap} ...${{ model, layout, states, seen, go }} />`}`;
}

// On a phone the page is scrolled past all of it, unless that is very much.
function heightOf(size, room) {
  return Math.min(highAs(size, room, SMALL.least) + TOOLS, globalThis.innerHeight * MOST_HIGH);
}

function Missing({ failed }) {
  if (failed)
    return html`<p class="graph-note" role="alert">The graph can't be drawn: ${failed}</p>`;
  return html`<p class="graph-note" role="status">Drawing the graph…</p>`;
}

// An execution may have gone through states that the definition has no more.
function Unknown({ model, states }) {
  const names = [...states.keys()].filter((name) => !model.nodes.has(name));
  if (!names.length) return null;
  return html`<p class="graph-note aside" role="status">
    Not in the definition as it is now: ${names.join(", ")}
  </p>`;
}

function fits({ width, height }, { view, room }) {
  return width * view.k <= room.width + 1 && height * view.k <= room.height + 1;
}

const Drawing = memo(function Drawing(props) {
  const { model, layout, states, selected, focused, reading, on } = props;
  const [whole, setWhole] = useState(null);
  const shown = states !== null;
  const ways = useMemo(() => waysBySource(model.edges), [model]);
  const taken = ({ source, target, caught }) =>
    shown && !model.nodes.get(source).apart ? timesTaken({ source, target, caught }, states) : null;
  const labelled = model.edges.filter((edge) => layout.edges.get(edge.id)?.label);
  const full = labelled.filter((edge) => edge.id === whole || edge.source === reading);
  const { start } = layout;
  return html`
    ${[...model.nodes.values()].filter((n) => n.box).map((n) => nodeOf(n))}
    ${start && html`<${Start} at=${start} taken=${shown ? states.size > 0 : null} />`}
    ${model.edges.map(
      (edge) => html`<${Edge}
        key=${edge.id}
        edge=${edge}
        route=${layout.edges.get(edge.id)}
        taken=${taken(edge)}
      />`,
    )}
    ${[...model.nodes.values()].filter((n) => !n.box).map((n) => nodeOf(n))}
    ${labelled.map(
      (edge) => html`<${Label}
        key=${edge.id}
        edge=${edge}
        at=${layout.edges.get(edge.id).label}
        taken=${taken(edge)}
        onWhole=${setWhole}
      />`,
    )}
    ${full.map(
      (edge) => html`<${Label}
        key=${`whole ${edge.id}`}
        edge=${edge}
        at=${layout.edges.get(edge.id).label}
        taken=${taken(edge)}
        whole
      />`,
    )}
  `;

  function nodeOf(node) {
    return html`<${Node}
      key=${node.id}
      node=${node}
      at=${layout.nodes.get(node.id)}
      state=${states?.get(node.id) ?? null}
      shown=${shown && !node.apart}
      ways=${ways.get(node.id)}
      selected=${node.id === selected}
      focusable=${node.id === focused}
      on=${on}
    />`;
  }
});

function Start({ at, taken }) {
  const x = at.x + at.width / 2;
  return html`<g class="edge start" data-taken=${taken ?? undefined}>
    <circle cx=${x} cy=${at.y - 21} r="5" />
    <path class="line" d=${`M${x} ${at.y - 16}V${at.y - 6}`} />
    <path class="head" d=${`M${x - 3.9} ${at.y - 7}L${x} ${at.y}L${x + 3.9} ${at.y - 7}Z`} />
  </g>`;
}

function waysBySource(edges) {
  const found = new Map();
  for (const edge of edges) found.set(edge.source, [...(found.get(edge.source) ?? []), edge]);
  return new Map([...found].map(([source, own]) => [source, waysOf(own)]));
}

function Tools({ mover, percent }) {
  return html`<div class="graph-tools" role="toolbar" aria-label="Zoom">
    <button type="button" aria-label="Smaller" title="Smaller (−)" onClick=${() => mover.zoom(0.8)}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 8h8" /></svg>
    </button>
    <output aria-label="Zoom" aria-live="off">${percent} %</output>
    <button type="button" aria-label="Larger" title="Larger (+)" onClick=${() => mover.zoom(1.25)}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 8h8M8 4v8" /></svg>
    </button>
    <button type="button" aria-label="Show all" title="Show all (0)" onClick=${() => mover.fit()}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3" />
      </svg>
    </button>
  </div>`;
}

function useNarrow(root) {
  const [narrow, setNarrow] = useState(() => (globalThis.innerWidth ?? 1024) < NARROW);
  useEffect(() => {
    const resized = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width > 0) setNarrow(contentRect.width < NARROW);
    });
    resized.observe(root.current);
    return () => resized.disconnect();
  }, []);
  return narrow;
}
