import { tokenHandler } from "@handrail/client/server";
import { cookies } from "next/headers";
import { tokens } from "../../service.js";

export const dynamic = "force-dynamic";

export const GET = tokenHandler({
  tokens,
  allow: async () => {
    const order = (await cookies()).get("order")?.value;
    return order ? { executions: [order], scopes: ["read", "complete"], expires_in: 600 } : null;
  },
});
