// The page's own server: it knows who the visitor is, starts orders and asks for narrow tokens.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createClient } from "@handrail/client";
import { createTokens } from "@handrail/client/server";

const { HANDRAIL_URL = "http://127.0.0.1:8000", HANDRAIL_TOKEN, PORT = "3000" } = process.env;
const handrail = createClient({ url: HANDRAIL_URL, token: HANDRAIL_TOKEN });
const tokens = createTokens({ url: HANDRAIL_URL, credential: HANDRAIL_TOKEN });
const dist = new URL("./", import.meta.resolve("@handrail/client/dist/index.js"));
const orders = new Map(); // by visitor: a real shop has a session here

const routes = {
  "GET /": () => file("index.html", "text/html"),
  "GET /page.js": () => file("page.js", "text/javascript"),
  "GET /settings": () => json({ handrail: HANDRAIL_URL }),
  "POST /orders": async (visitor) => {
    const input = {
      order_id: randomUUID(),
      customer: "Grace",
      amount: 4200,
      card: "tok_visa",
      parcels: [{ id: "1" }],
    };
    const { execution } = await handrail.start("order-fulfilment", input);
    orders.set(visitor, [...(orders.get(visitor) ?? []), execution]);
    return json({ execution });
  },
  "GET /my/token": async (visitor) => {
    const executions = orders.get(visitor) ?? [];
    if (executions.length === 0) return json({ title: "You have no order yet." }, 403);
    return json(await tokens.token({ executions, scopes: ["read", "complete"], expires_in: 600 }));
  },
};

createServer(async (request, response) => {
  const visitor = /visitor=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? randomUUID();
  const { pathname } = new URL(request.url, "http://here");
  const route = routes[`${request.method} ${pathname}`] ?? (() => script(pathname));
  const { status = 200, type, body } = await route(visitor).catch(failed);
  response.writeHead(status, {
    "Content-Type": type,
    "Cache-Control": "no-store",
    "Set-Cookie": `visitor=${visitor}; HttpOnly; SameSite=Lax; Path=/`,
  });
  response.end(body);
}).listen(Number(PORT), "127.0.0.1", function listening() {
  console.log(`http://127.0.0.1:${this.address().port}`);
});

async function file(name, type, folder = new URL("./", import.meta.url)) {
  return { type: `${type}; charset=utf-8`, body: await readFile(fileURLToPath(new URL(name, folder))) };
}

// The client's own files, for a page that has no bundler.
async function script(pathname) {
  const name = /^\/client\/(\w+\.js)$/.exec(pathname)?.[1];
  return name ? file(name, "text/javascript", dist) : json({ title: "Not found" }, 404);
}

async function json(body, status = 200) {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

function failed(error) {
  console.error(error);
  return { status: 502, type: "application/json", body: JSON.stringify({ title: "It failed." }) };
}
