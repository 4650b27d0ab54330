/**
 * What a runner asks outside of a line, signed by its key: `POST /runner/v1/self`, who it is registered as, and
 * `POST /runner/v1/leave`, to be removed as by an administrator.
 */
import type { SignedCall } from "../../shared/proof.ts";
import { removeIdle } from "../admin/runners.ts";
import { readCallToken, verifyToken } from "../auth/runner.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import type { EnrolledRunner } from "../registry/api.ts";
import { event } from "../telemetry.ts";
import { addressOf, mayCallFrom } from "./address.ts";
import { checkConnectRate } from "./rate.ts";

type Deps = { env: Env; settings: Settings };

export async function showSelf(request: Request, { env, settings }: Deps): Promise<Response> {
  const { id, name, categories } = await signerOf(request, env, "self");
  return Response.json({ runner: { id, name }, providerId: settings.providerId, categories, now: Date.now() });
}

export async function leave(request: Request, deps: Deps): Promise<Response> {
  const { id, name } = await signerOf(request, deps.env, "leave");
  await removeIdle(id, deps);
  event("runner.left", { runner: id });
  return Response.json({ id, name });
}

/**
 * One that was revoked may not even leave: that would free its name for whoever has its machine.
 *
 * @throws GatewayError `unauthorized`, `too_many_requests`, `not_found`, `forbidden`.
 */
async function signerOf(request: Request, env: Env, call: SignedCall): Promise<EnrolledRunner> {
  const nowMs = Date.now();
  const { publicKey, token } = readCallToken(request, call, nowMs);
  await checkConnectRate(request, env, `${call} ${publicKey}`);
  await verifyToken({ token }, publicKey, nowMs);
  const runner = await registryOf(env).runnerWithKey(publicKey);
  if (runner === null) {
    throw new GatewayError("not_found", "No runner is registered with this key.");
  }
  if (runner.revokedAt !== null) {
    throw new GatewayError("forbidden", "This runner was revoked.");
  }
  if (!mayCallFrom(addressOf(request), runner.cidr)) {
    throw new GatewayError("forbidden", "This runner may not call from this address: its cidr does not have it.");
  }
  return runner;
}
