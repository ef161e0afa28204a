// Tells of the keyboard shortcuts.

import { html } from "./html.js";
import { Dialog } from "./ui/dialog.js";

const SHOWN = [
  ["g", "o", "All state machines"],
  ["/", "", "To the view's filter"],
  ["← ↑ ↓ →", "", "From state to state, row to row, tab to tab"],
  ["Enter", "", "Open what is chosen"],
  ["Esc", "", "Close, or choose nothing"],
  ["?", "", "These shortcuts"],
];

export function Keys({ onClose }) {
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${onClose}>
    <dl class="keys">
      ${SHOWN.map(
        ([first, then, does]) =>
          html`<div key=${first}>
            <dt><kbd>${first}</kbd>${then && html` <kbd>${then}</kbd>`}</dt>
            <dd>${does}</dd>
          </div>`,
      )}
    </dl>
    <div class="actions"><button type="button" onClick=${onClose}>Close</button></div>
  <//>`;
}
