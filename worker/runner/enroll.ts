/** `POST /runner/v1/enroll`: by a code a public key becomes a runner's. */
import * as z from "zod/mini";
import { NAME } from "../../shared/ids.ts";
import { matching, textUpTo } from "../../shared/schema.ts";
import type { Env, Settings } from "../env.ts";
import { readBody } from "../http/body.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import type { EnrollAnswer } from "../registry/api.ts";
import { addressOf } from "./address.ts";
import { PUBLIC_KEY } from "./public-key.ts";
import { checkEnrolRate } from "./rate.ts";

const MAX_BODY_BYTES = 4_096;

export const runnerNameSchema = matching(NAME, "A name has 1 to 64 letters, digits, dots, hyphens and underscores.");

const enrollSchema = z.object({
  code: z.string().check(z.minLength(1), z.maxLength(200)),
  name: z.optional(runnerNameSchema),
  publicKey: matching(PUBLIC_KEY, "This must be a raw Ed25519 public key in base64."),
  hostname: z.optional(textUpTo(255)),
  version: z.optional(textUpTo(32)),
});

type Refused = Exclude<EnrollAnswer["kind"], "enrolled">;

export const KEY_REFUSALS = {
  key_taken: ["conflict", "publicKey: Another runner has this key; a key is never on two machines."],
  key_revoked: ["conflict", "publicKey: This key was revoked with its runner; bring another one."],
} satisfies Partial<Record<Refused, ConstructorParameters<typeof GatewayError>>>;

const REFUSALS: Record<Refused, ConstructorParameters<typeof GatewayError>> = {
  ...KEY_REFUSALS,
  code_unknown: ["forbidden", "code: This code is unknown, was used up or ended, or is too old."],
  other_address: ["forbidden", "code: This code is for other addresses: its cidr does not have this one."],
  other_name: [
    "forbidden",
    "name: This code is for other names than the one that was asked for, or than the machine's.",
  ],
  at_work: [
    "conflict",
    "name: The runner of this name is at work. Stop it, or have an administrator make a code for this name alone.",
  ],
  name_revoked: [
    "forbidden",
    "name: The runner of this name was revoked. It takes an administrator's code for this name alone.",
  ],
};

export async function enrollRunner(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  await checkEnrolRate(request, env);
  const { code, publicKey, name = null, hostname = "" } = await readBody(request, enrollSchema, MAX_BODY_BYTES);
  const [host = ""] = hostname.split(".");
  const asked = { name, hostname: NAME.test(host) ? host : null, address: addressOf(request) };
  const answer = await registryOf(env).enroll({ code, publicKey, ...asked });
  if (answer.kind !== "enrolled") {
    throw new GatewayError(...REFUSALS[answer.kind]);
  }
  const { runner, categories } = answer;
  return Response.json({ runner, providerId: settings.providerId, categories, now: Date.now() });
}
