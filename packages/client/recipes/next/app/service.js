// What this server knows of the service. Its credential stays here.

import { createClient } from "@handrail/client";
import { createTokens } from "@handrail/client/server";

export const url = process.env.HANDRAIL_URL ?? "http://127.0.0.1:8000";
export const handrail = createClient({ url, token: process.env.HANDRAIL_TOKEN });
export const tokens = createTokens({ url, credential: process.env.HANDRAIL_TOKEN });
