import { createClient } from "/client/index.js";

const part = (id) => document.getElementById(id);
const { handrail } = await (await fetch("/settings")).json();
const hr = createClient({ url: handrail, token: async () => (await fetch("/my/token")).json() });
let shown;

part("start").onclick = async () => {
  part("fault").textContent = "";
  try {
    const { execution } = await (await fetch("/orders", { method: "POST" })).json();
    follow(execution);
  } catch (error) {
    part("fault").textContent = error.message;
  }
};

function follow(id) {
  hr.reconnect(); // this visitor's token opens one execution more now
  hr.watch(id).subscribe((view) => {
    shown = { id, task: view.tasks[0] };
    part("status").textContent = view.execution.status ?? view.connection.state;
    part("states").replaceChildren(
      ...[...view.states.values()].map(({ state, status }) => {
        const item = document.createElement("li");
        item.textContent = `${state}: ${status}`;
        return item;
      }),
    );
    part("question").hidden = view.tasks.length === 0;
    part("fault").textContent = view.error?.message ?? "";
  });
}

for (const [button, approved] of [["approve", true], ["reject", false]]) {
  part(button).onclick = () =>
    hr.tasks.succeed(shown.id, shown.task.event_id, { approved }).catch((error) => {
      part("fault").textContent = error.message;
    });
}
