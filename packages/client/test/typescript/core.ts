// What a strict TypeScript project makes of the client: shapes are known, and what isn't there is refused.

import {
  createClient,
  ExactNumber,
  HandrailError,
  rawJson,
  type Client,
  type Execution,
  type ListView,
  type Progress,
  type Run,
  type Snapshot,
  type Started,
  type State,
  type Status,
  type Task,
  type View,
} from "@handrail/client";

const url = "https://handrail.example";
const { signal } = new AbortController();
const hr: Client = createClient({ url, token: () => fetch("/my/token").then((r) => r.text()) });
createClient({ url, token: async () => (await fetch("/my/token")).json() });
createClient({ token: null, numbers: "exact", WebSocket: globalThis.WebSocket, fetch });
createClient({ token: () => ({ token: "x", expires_at: 1 }) });

declare function draw(
  execution: Partial<Execution>,
  states: ReadonlyMap<string, State>,
  tasks: readonly Task[],
  connection: View["connection"],
): void;
const run = hr.watch("order-fulfilment:order-1001", { level: "states", signal });
const leave: () => void = run.subscribe(({ execution, states, tasks, connection }) =>
  draw(execution, states, tasks, connection),
);
leave();
const held: Run<View, unknown> = run;
held.getSnapshot().states.get("Ship")?.items?.total?.toFixed();
const progress: Progress | null | undefined = held.getSnapshot().execution.progress;
progress?.fraction?.toFixed();
// @ts-expect-error no such member
held.getSnapshot().states.get("Ship")?.nothing;
// @ts-expect-error a view can't be changed
held.getSnapshot().cursor = "9:9";
// @ts-expect-error no such level
hr.watch("order-fulfilment:order-1001", { level: "all" });

const { status, output } = await run.finished({ signal });
const shown: Status = status;
draw({ status: shown, output }, new Map(), [], run.connection);
for await (const message of run.messages({ signal })) {
  if (message.type === "update") message.states?.map((state) => state.last_error?.cause?.length);
  if (message.type === "complete") message.status satisfies Status;
  // @ts-expect-error no such message
  if (message.type === "nothing") break;
}
for await (const message of run) message.type satisfies "subscribed" | "reset" | "update" | "complete";

const list = hr.watchList({ machine: ["order", "quote"], status: "RUNNING", limit: 10, signal });
list.subscribe((view: ListView) => view.executions.map((row) => row.started_at.length));
list.getSnapshot().counts?.by_status.RUNNING?.toFixed();
for await (const message of list) if (message.type === "update") message.list.removed.length;
// @ts-expect-error a list has no end
list.finished();

const options = { name: "a", idempotencyKey: "k", wait: 25, credential: true, signal };
const started: Started = await hr.start("order-fulfilment", { amount: 1 }, options);
started.credential?.token.length;
await hr.replay(started.execution, { input: rawJson("1.10"), signal });
(await hr.stop(started.execution, { error: "E", cause: "c", signal })).started_at?.length;
(await hr.redrive(started.execution, { signal })).redrive_count?.toFixed();
const { outcome } = await hr.tasks.succeed(started.execution, 4, { approved: true }, { signal });
outcome satisfies "success" | "failure";
await hr.tasks.fail(started.execution, 4, { error: "E", cause: "c" }, { signal });
await hr.tasks.heartbeat(started.execution, 4, { signal });
(await hr.startSync("price-check", {}, { signal })).billed_duration_ms?.toFixed();
const snapshot: Snapshot = await hr.execution(started.execution, { signal });
if (snapshot.input instanceof ExactNumber) snapshot.input.text.length;
const found = await hr.get<{ state_machines: { name: string }[] }>("v1/state-machines", { signal });
found.state_machines[0]?.name.length;
try {
  (await hr.me({ signal })).principal?.length;
} catch (error) {
  if (error instanceof HandrailError) [error.code, error.retryable, error.errors[0]?.path];
}
