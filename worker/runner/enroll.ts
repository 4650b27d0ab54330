/** `POST /runner/v1/enroll`: a one-time code becomes a registered public key. */
import * as z from "zod";
import type { Env, Settings } from "../env.ts";
import { readBody } from "../http/body.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import { addressOf } from "./address.ts";
import { PUBLIC_KEY } from "./public-key.ts";
import { checkEnrolRate } from "./rate.ts";

const MAX_BODY_BYTES = 4_096;

const enrollSchema = z.object({
  code: z.string().min(1).max(200),
  publicKey: z.string().regex(PUBLIC_KEY, "This must be a raw Ed25519 public key in base64."),
  hostname: z.string().max(255).optional(),
  version: z.string().max(32).optional(),
});

export async function enrollRunner(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  await checkEnrolRate(request, env);
  const { code, publicKey } = await readBody(request, enrollSchema, MAX_BODY_BYTES);
  const answer = await registryOf(env).enroll({ code, publicKey, address: addressOf(request) });
  if (answer.kind === "code_unknown") {
    throw new GatewayError("forbidden", "code: This code is unknown, was used already, or is older than an hour.");
  }
  if (answer.kind === "other_address") {
    throw new GatewayError("forbidden", "code: This code is for other addresses: its cidr does not have this one.");
  }
  const { runner, categories } = answer;
  return Response.json({ runner, providerId: settings.providerId, categories, now: Date.now() });
}
