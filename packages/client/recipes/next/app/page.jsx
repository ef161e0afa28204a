import { cookies } from "next/headers";
import { order } from "./actions.js";
import { Progress } from "./progress.jsx";
import { url } from "./service.js";

export default async function Page() {
  const id = (await cookies()).get("order")?.value;
  return (
    <main>
      <h1>An order</h1>
      <form action={order}>
        <button>Order</button>
      </form>
      {id && <Progress key={id} url={url} id={id} />}
    </main>
  );
}
