/**
 * How a machine gets its identity: by a code, with a key that is drawn here and of which only the public half travels; or
 * by a key that configuration management has brought, and that an administrator has registered.
 */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import { drawKey, forgetDrawn, readKeyFile } from "./enrolment-key.ts";
import { askSigned, callGateway, GatewayCallError, parseGateway } from "./gateway-call.ts";
import { type Identity, isEnrolled, publicHalf, readIdentity, writeIdentity } from "./identity.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

const answerSchema = z.object({
  runner: z.object({ id: z.string(), name: z.string() }),
  providerId: z.string(),
  categories: z.array(z.string()).check(z.minLength(1)),
});

/** `name`: for a code of a pattern, instead of the host's; with a key, the one that it must be registered under. */
export type Enrollment = {
  gateway: string;
  stateDir: string;
  replace: boolean;
  name?: string | undefined;
  /** How to wait when the gateway is asked too often. */
  pause?: (ms: number) => Promise<unknown>;
};

/** @throws UsageError when the folder is enrolled already; GatewayCallError when the gateway refuses or does not answer. */
export async function enrollByCode(given: Enrollment & { code: string }): Promise<Identity["runner"]> {
  const { code, stateDir, replace, name, pause } = given;
  const gateway = parseGateway(given.gateway);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  if (isEnrolled(stateDir) && !replace) {
    throw new UsageError(`${stateDir} is enrolled already; --replace gives it a new key`);
  }
  const { privateKey, publicKey } = drawKey(stateDir);
  const body = { code, publicKey, name, hostname: hostname(), version: VERSION };
  try {
    const answer = await callGateway({ url: `${gateway}/runner/v1/enroll`, body, pause }, answerSchema);
    writeIdentity(stateDir, { gateway, ...answer, privateKey });
    forgetDrawn(stateDir);
    return answer.runner;
  } catch (error) {
    if (error instanceof GatewayCallError && error.isFinal) {
      forgetDrawn(stateDir);
    }
    throw error;
  }
}

/** `isNew` false: all was so already, and nothing was written. @throws as by a code. */
export async function enrollByKey(
  given: Enrollment & { keyFile: string },
): Promise<{ runner: Identity["runner"]; isNew: boolean }> {
  const { keyFile, stateDir, replace, name, pause } = given;
  const gateway = parseGateway(given.gateway);
  const { privateKey, publicKey } = readKeyFile(keyFile);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const known = isEnrolled(stateDir) && !replace ? readIdentity(stateDir) : null;
  if (known !== null && publicHalf(known.privateKey) !== publicKey) {
    throw new UsageError(`${stateDir} is enrolled already, with another key; --replace takes this one`);
  }
  const answer = await askSigned({ gateway, privateKey, pause }, "self", answerSchema);
  if (name !== undefined && answer.runner.name !== name) {
    throw new UsageError(`name: the gateway has this key under the name ${answer.runner.name}`);
  }
  const identity = { gateway, ...answer, privateKey };
  const isNew = !isDeepStrictEqual(known, identity);
  if (isNew) {
    writeIdentity(stateDir, identity);
  }
  return { runner: answer.runner, isNew };
}
