/** Who has changed what, when and why: a wide event for each write, and the newest thousand in the Registry. */
import { cleanText } from "../../shared/text.ts";
import { registryOf } from "../queue/stub.ts";
import { event } from "../telemetry.ts";
import type { AdminCall } from "./call.ts";
import { readLimit } from "./limit.ts";

/** Never throws: what was done is done. `outcome` is the answer's status. */
export async function auditWrite({ env, by, said }: AdminCall, verb: string, outcome: number): Promise<void> {
  const write = {
    name: by.name,
    role: by.role,
    verb,
    object: cleanText(said.object, 64),
    reason: said.reason,
    outcome,
  };
  event("admin.write", write);
  try {
    await registryOf(env).audit(write);
  } catch (error) {
    event("admin.audit_failed", { verb, error: error instanceof Error ? error.name : "unknown" });
  }
}

/** `GET /admin/audit`: the newest first. */
export async function listAudit(request: Request, { env }: AdminCall): Promise<Response> {
  return Response.json({ items: await registryOf(env).audited(readLimit(request)) });
}
