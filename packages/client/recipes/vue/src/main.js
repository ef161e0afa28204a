import { createClient } from "@handrail/client";
import { handrail } from "@handrail/client/vue";
import { createApp } from "vue";
import Order from "./Order.vue";

const client = createClient({ url: import.meta.env.VITE_HANDRAIL_URL ?? "http://127.0.0.1:8000" });

createApp(Order).use(handrail, client).mount("#app");
