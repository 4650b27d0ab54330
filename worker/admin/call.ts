/** What an administrator's call is answered with: the gateway, who asks, and what the audit is to keep of it. */
import type { Administrator } from "../auth/admin-token.ts";
import type { Env, Settings } from "../env.ts";

export type AdminCall = {
  env: Env;
  settings: Settings;
  by: Administrator;
  /** Filled in while the call is read. */
  said: { object: string; reason: string | null };
};
