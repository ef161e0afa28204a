import { createClient } from "@handrail/client";
import { HandrailProvider } from "@handrail/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Order } from "./Order.jsx";

const client = createClient({ url: import.meta.env.VITE_HANDRAIL_URL ?? "http://127.0.0.1:8000" });

createRoot(document.getElementById("app")).render(
  <StrictMode>
    <HandrailProvider client={client}>
      <Order />
    </HandrailProvider>
  </StrictMode>,
);
