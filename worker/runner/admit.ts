/** The Registry's word on a runner that claims to be one of ours, or the refusal that it is answered with. */
import type { UpgradeClaim } from "../auth/runner.ts";
import type { Env } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import type { AdmitAnswer } from "../registry/api.ts";

type Refused = Extract<AdmitAnswer, { kind: "refused" }>["why"];

const REFUSALS: Record<Refused, ConstructorParameters<typeof GatewayError>> = {
  unknown: ["unauthorized", "The runner's token is missing, wrong or too old."],
  revoked: ["forbidden", "This runner was removed, or is not enrolled for this category."],
  other_category: ["forbidden", "This runner was removed, or is not enrolled for this category."],
  restoring: ["unavailable", "The gateway is being put back to an earlier moment; try again."],
};

/** @throws GatewayError `unauthorized`, `forbidden`, `unavailable`. */
export async function admit(
  env: Env,
  { runnerId }: UpgradeClaim,
  category: string,
): Promise<Extract<AdmitAnswer, { kind: "admitted" }>> {
  const answer = await registryOf(env).admit(runnerId, category);
  if (answer.kind === "refused") {
    throw new GatewayError(...REFUSALS[answer.why]);
  }
  return answer;
}
