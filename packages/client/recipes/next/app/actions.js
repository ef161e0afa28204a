"use server";

import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { handrail } from "./service.js";

/** Starts an order; the visitor's cookie remembers which. A real shop has a session here. */
export async function order() {
  const input = {
    order_id: randomUUID(),
    customer: "Grace",
    amount: 4200,
    card: "tok_visa",
    parcels: [{ id: "1" }],
  };
  const { execution } = await handrail.start("order-fulfilment", input);
  (await cookies()).set("order", execution, { httpOnly: true, sameSite: "lax" });
}
