/**
 * `GET /runner/v1/relay?category=…&job=…&incarnation=…&attempt=…`: a runner brings a log that it was asked for. Its token
 * names that one log and the nonce of the question; the relay's queue knows both.
 */
import * as z from "zod/mini";
import { INCARNATION, JOB_ID } from "../../shared/ids.ts";
import { RELAY_SUBPROTOCOL, relayClaim } from "../../shared/relay.ts";
import { matching } from "../../shared/schema.ts";
import { isKnownCategory } from "../admin/categories.ts";
import { readUpgradeToken } from "../auth/runner.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { relayOf } from "../queue/stub.ts";
import { SERVER_HEADER } from "../relay/parcel.ts";
import { admit } from "./admit.ts";
import { checkUpgrade } from "./connect.ts";
import { checkConnectRate } from "./rate.ts";

const querySchema = z.object({
  category: z.string(),
  job: matching(JOB_ID),
  incarnation: matching(INCARNATION),
  attempt: z.coerce.number().check(z.int(), z.gte(1)),
  nonce: z.string().check(z.minLength(16), z.maxLength(128)),
});

const WRONG = "The runner's token is missing, wrong or too old.";

export async function serveLog(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  checkUpgrade(request, RELAY_SUBPROTOCOL);
  const asked = querySchema.safeParse(Object.fromEntries(new URL(request.url).searchParams)).data;
  if (asked === undefined || !(await isKnownCategory(asked.category, { env, settings }))) {
    throw new GatewayError("not_found", "There is no such log here.");
  }
  const { category, job, incarnation, attempt, nonce } = asked;
  const nowMs = Date.now();
  const claim = readUpgradeToken(request, category, nowMs);
  if (claim.relay !== relayClaim({ job, incarnation, attempt, rank: 0 }, nonce)) {
    throw new GatewayError("unauthorized", WRONG);
  }
  await checkConnectRate(request, env, `relay ${claim.runnerId}`);
  await admit(request, env, claim, { category, nowMs });
  const server = JSON.stringify({ runner: claim.runnerId, attempt, nonce });
  const headers = { Upgrade: "websocket", [SERVER_HEADER]: server };
  const response = await relayOf(env, category, { id: job, incarnation }).fetch("http://relay", { headers });
  if (response.status !== 101) {
    throw new GatewayError("forbidden", "Nobody asks this runner for this log.");
  }
  return response;
}
