import { useExecution, useHandrail, useStart } from "@handrail/client/react";
import { useState } from "react";

const input = () => ({
  order_id: crypto.randomUUID(),
  customer: "Grace",
  amount: 4200,
  card: "tok_visa",
  parcels: [{ id: "1" }],
});

export function Order() {
  const { start, starting, execution, error } = useStart("order-fulfilment");
  return (
    <main>
      <h1>An order</h1>
      <button disabled={starting} onClick={() => start(input())}>
        Order
      </button>
      {error && <p role="alert">{error.message}</p>}
      {execution && <Progress id={execution.execution} />}
    </main>
  );
}

function Progress({ id }) {
  const { execution, states, tasks, connection, error } = useExecution(id);
  return (
    <>
      <p role="status">{execution.status ?? connection.state}</p>
      <ul>
        {[...states.values()].map(({ state, status }) => (
          <li key={state}>
            {state}: {status}
          </li>
        ))}
      </ul>
      {tasks.map((task) => (
        <Question key={task.event_id} id={id} task={task} />
      ))}
      {error && <p role="alert">{error.message}</p>}
    </>
  );
}

function Question({ id, task }) {
  const hr = useHandrail();
  const [fault, setFault] = useState(null);
  const answer = (approved) =>
    hr.tasks.succeed(id, task.event_id, { approved }).catch((error) => setFault(error.message));
  return (
    <p>
      Ship it? <button onClick={() => answer(true)}>Approve</button>{" "}
      <button onClick={() => answer(false)}>Reject</button>
      {fault && <span role="alert">{fault}</span>}
    </p>
  );
}
