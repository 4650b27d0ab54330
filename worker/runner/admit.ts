/** A runner at the door: the Registry's word on who it claims to be, its signature, and where it calls from. */
import { type UpgradeClaim, verifyToken } from "../auth/runner.ts";
import type { Env } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import type { AdmitAnswer } from "../registry/api.ts";
import { addressOf, mayCallFrom } from "./address.ts";

type Refused = Extract<AdmitAnswer, { kind: "refused" }>["why"];
type Asked = { category: string; nowMs: number };

const REFUSALS: Record<Refused, ConstructorParameters<typeof GatewayError>> = {
  unknown: ["unauthorized", "The runner's token is missing, wrong or too old."],
  revoked: ["forbidden", "This runner was removed, or is not enrolled for this category."],
  other_category: ["forbidden", "This runner was removed, or is not enrolled for this category."],
  restoring: ["unavailable", "The gateway is being put back to an earlier moment; try again."],
};

/** @throws GatewayError `unauthorized`, `forbidden`, `unavailable`. */
export async function admit(
  request: Request,
  env: Env,
  claim: UpgradeClaim,
  { category, nowMs }: Asked,
): Promise<Extract<AdmitAnswer, { kind: "admitted" }>> {
  const answer = await registryOf(env).admit(claim.runnerId, category);
  if (answer.kind === "refused") {
    throw new GatewayError(...REFUSALS[answer.why]);
  }
  await verifyToken(claim, answer.runner.publicKey, nowMs);
  if (!mayCallFrom(addressOf(request), answer.cidr)) {
    throw new GatewayError("forbidden", "This runner may not connect from this address: its cidr does not have it.");
  }
  return answer;
}
