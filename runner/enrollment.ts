/** A one-time code becomes an identity: the key is made here, and only its public half travels. */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import * as z from "zod";
import { askGateway } from "./gateway-request.ts";
import { isEnrolled, newKeyPair, writeIdentity } from "./identity.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";
import { troubleOf } from "./way-trouble.ts";

const TIMEOUT_MS = 15_000;

const answerSchema = z.object({
  runner: z.object({ id: z.string(), name: z.string() }),
  providerId: z.string(),
  categories: z.array(z.string()).min(1),
});
const refusalSchema = z.object({ why: z.string() });

export class EnrollmentError extends Error {
  override name = "EnrollmentError";
}

export type Enrollment = { gateway: string; code: string; stateDir: string; replace: boolean };

/**
 * @throws UsageError when the folder is enrolled already; EnrollmentError when the gateway refuses or does not answer.
 */
export async function enroll({ gateway, code, stateDir, replace }: Enrollment): Promise<{ id: string; name: string }> {
  const base = parseGateway(gateway);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  if (isEnrolled(stateDir) && !replace) {
    throw new UsageError(`${stateDir} is enrolled already; --replace gives it a new key`);
  }
  const { privateKey, publicKey } = newKeyPair();
  const answer = await ask(`${base}/runner/v1/enroll`, { code, publicKey, hostname: hostname(), version: VERSION });
  const { runner, providerId, categories } = answer;
  writeIdentity(stateDir, { gateway: base, providerId, runner, categories, privateKey });
  return runner;
}

function parseGateway(text: string): string {
  try {
    const { protocol, origin } = new URL(text);
    if (protocol === "https:" || protocol === "http:") {
      return origin;
    }
  } catch {
    // No address at all.
  }
  throw new UsageError("gateway: this is not an http(s) address");
}

async function ask(url: string, json: object): Promise<z.infer<typeof answerSchema>> {
  const { status, body } = await askGateway(url, { timeoutMs: TIMEOUT_MS, json }).catch((error: unknown) => {
    throw new EnrollmentError(`${url}: ${troubleOf(error)}`);
  });
  const parsed = answerSchema.safeParse(parseJson(body));
  if (status === 200 && parsed.success) {
    return parsed.data;
  }
  const refusal = refusalSchema.safeParse(parseJson(body));
  const why = refusal.success ? refusal.data.why : "no words of a gateway";
  throw new EnrollmentError(`the gateway refuses (${status}): ${why}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
