// What stands in the place of an execution that can't be shown, and why.

import { html } from "../html.js";
import { href } from "../router.js";
import { can, client, signIn } from "../session.js";
import { Empty } from "../ui/empty.js";

const REFUSALS = {
  401: "Sign in to see this execution.",
  403: "You may not see this execution.",
  404: "There is no such execution.",
};

const CODES = { execution_not_found: 404, forbidden: 403, unauthenticated: 401 };

// As HTTP says it: the request's status, a socket's close code, or the code of an error message.
function refusalOf(error, code) {
  return error?.status || CODES[error?.code] || (code > 4400 && code < 4405 ? code - 4000 : 0);
}

export function NotShown({ id, view }) {
  const { connection, error } = view;
  const status = refusalOf(error, connection.code);
  const machine = id.startsWith("arn:") ? null : id.split(/[:/]/)[0];
  return html`<h1 class="visually-hidden">${id}</h1>
    <${Empty} title=${REFUSALS[status] ?? "This execution can't be shown."}>
      ${connection.reason !== REFUSALS[status] && html`<p role="alert">${connection.reason}</p>`}
      ${status === 404 && html`<p>AWS keeps an execution for 90 days after its end.</p>`}
      <p class="actions">
        ${
          status === 401
            ? html`<button type="button" class="primary" onClick=${() => signIn()}>Sign in</button>`
            : html`<button type="button" onClick=${() => client.reconnect()}>Try again</button>`
        }
        ${
          machine && can("read", machine)
            ? html`<a class="button" href=${href.machine(machine)}>Executions of ${machine}</a>`
            : html`<a class="button" href=${href.overview()}>All state machines</a>`
        }
      </p>
    <//>`;
}
