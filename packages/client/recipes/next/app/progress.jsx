"use client";

import { createClient } from "@handrail/client";
import { useExecution } from "@handrail/client/react";
import { useEffect, useState } from "react";

export function Progress({ url, id }) {
  const [client] = useState(() =>
    createClient({ url, token: async () => (await fetch("/my/token")).json() }),
  );
  useEffect(() => () => client.close(), [client]);
  const { execution, states, tasks, connection, error } = useExecution(id, { client });
  const [fault, setFault] = useState("");
  const answer = (task, approved) =>
    client.tasks.succeed(id, task.event_id, { approved }).catch(({ message }) => setFault(message));
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
        <p key={task.event_id}>
          Ship it? <button onClick={() => answer(task, true)}>Approve</button>{" "}
          <button onClick={() => answer(task, false)}>Reject</button>
        </p>
      ))}
      <p role="alert">{fault || error?.message}</p>
    </>
  );
}
