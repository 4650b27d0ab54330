/** `GET /runner/v1/connect?category=NAME`: an upgrade's form, age and rate, then one question to the Registry. */
import { SUBPROTOCOL } from "../../shared/proof.ts";
import { isKnownCategory } from "../admin/categories.ts";
import { readUpgradeToken } from "../auth/runner.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { RUNNER_HEADER } from "../queue/runner-header.ts";
import { queueOf } from "../queue/stub.ts";
import { addressOf, callerKey } from "./address.ts";
import { admit } from "./admit.ts";
import { checkConnectRate } from "./rate.ts";

export async function connectRunner(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  const category = new URL(request.url).searchParams.get("category") ?? "";
  checkUpgrade(request, SUBPROTOCOL);
  if (!(await isKnownCategory(category, { env, settings }))) {
    throw new GatewayError("not_found", "category: This gateway has no such category.");
  }
  const nowMs = Date.now();
  const claim = readUpgradeToken(request, category, nowMs);
  if (claim.relay !== null) {
    throw new GatewayError("unauthorized", "The runner's token is missing, wrong or too old.");
  }
  await checkConnectRate(request, env, claim.runnerId);
  const admitted = await admit(request, env, claim, { category, nowMs });
  const headers = new Headers(request.headers);
  headers.set(RUNNER_HEADER, JSON.stringify({ ...admitted.runner, address: callerKey(addressOf(request)) }));
  const queue = queueOf(env, category);
  if (admitted.standing) {
    // It was told already, but it may have been moved or put back to an earlier moment since.
    await queue.heed(admitted.runner.id, admitted.standing);
  }
  const response = await queue.fetch(new Request(request, { headers }));
  if (response.status === 403) {
    throw new GatewayError("forbidden", "This runner was removed.");
  }
  if (response.status === 401) {
    throw new GatewayError("unauthorized", "This runner has enrolled again, with another key.");
  }
  return response;
}

/** @throws GatewayError `upgrade_required`. */
export function checkUpgrade(request: Request, protocol: string): void {
  const protocols = (request.headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((name) => name.trim());
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket" || !protocols.includes(protocol)) {
    throw new GatewayError("upgrade_required", `A WebSocket with the subprotocol ${protocol} was expected.`);
  }
}
