// The same of what frameworks, servers and tests use.

import type { Client } from "@handrail/client";
import { HandrailProvider, useExecution, useHandrail, useStart } from "@handrail/client/react";
import { createTokens, tokenHandler, type Grant } from "@handrail/client/server";
import { createFake, parseRecording, record, recordingText } from "@handrail/client/testing";
import * as vue from "@handrail/client/vue";
import { createApp } from "vue";

function Order() {
  const hr = useHandrail();
  const { start, starting, execution, error, reset } = useStart("order-fulfilment");
  const view = useExecution(execution?.execution, { level: "states" });
  const begin = async () => {
    const begun = await start({ order_id: "A-1" });
    if (begun) await hr.tasks.list(begun.execution);
  };
  return (
    <>
      <button disabled={starting} onClick={begin} onBlur={reset}>Order</button>
      <p>{error?.message ?? view.execution.status}</p>
      {[...view.states.values()].map(({ state, status }) => <p key={state}>{state}: {status}</p>)}
      {view.tasks.map((task) => <i key={task.event_id}>{task.title ?? task.state}</i>)}
    </>
  );
}

export const App = ({ client }: { client: Client }) => (
  <HandrailProvider client={client}><Order /></HandrailProvider>
);

export function setup(client: Client) {
  createApp({}).use(vue.handrail, client);
  const { start, execution: started } = vue.useStart("order-fulfilment");
  const { execution, states, tasks } = vue.useExecution(() => started.value?.execution);
  tasks.value[0]?.event_id.toFixed();
  return [start, execution.value.status, states.value[0]?.retries.toFixed()];
}

declare function sessionOf(request: Request): Promise<{ orders: string[] } | undefined>;
const tokens = createTokens({ url: "https://handrail.example", credential: undefined });
export const GET = tokenHandler({
  tokens,
  allow: async (request) => {
    const visitor = await sessionOf(request);
    return visitor && { executions: visitor.orders, scopes: ["read", "complete"], expires_in: 600 };
  },
});
const grant: Grant = { machines: ["order-fulfilment"] };
(await tokens.token(grant)).expires_at.length;

const client = createFake({ recordings: { "order:one": parseRecording("") }, answer: ({ path }) => path });
recordingText(await record(client, "order:one"));
await client.advance(2000);
