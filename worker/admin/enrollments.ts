/**
 * `/admin/enrollments`: codes with which runners enrol. With a public key that configuration management has brought to a
 * machine the runner is registered at once, and there is no code.
 */
import * as z from "zod/mini";
import { mapped, matching, textUpTo, whole } from "../../shared/schema.ts";
import { readBody } from "../http/body.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import type { KeptCode, NewRunner } from "../registry/api.ts";
import { isPattern, NAME_PATTERN } from "../registry/name-pattern.ts";
import { cidrSchema } from "../runner/address.ts";
import { KEY_REFUSALS, runnerNameSchema } from "../runner/enroll.ts";
import { rawPublicKey } from "../runner/public-key.ts";
import type { ShownCode } from "./answers.ts";
import type { AdminCall } from "./call.ts";
import { readLimit } from "./limit.ts";

const MAX_BODY_BYTES = 16_384;
const MAX_USES = 10_000;
const HOUR_S = 3_600;
const MAX_LIFE_S = 90 * 24 * HOUR_S;

const enrollmentSchema = z.strictObject({
  name: z.optional(runnerNameSchema),
  namePattern: z.optional(
    matching(NAME_PATTERN, "A pattern has 1 to 64 of a name's characters, with * for any of them and ? for one."),
  ),
  categories: z.array(z.string()).check(z.minLength(1), z.maxLength(50)),
  /** One network or several. */
  cidr: z.optional(
    z.pipe(
      z.transform((given) => (typeof given === "string" ? [given] : given)),
      z.array(cidrSchema).check(z.minLength(1), z.maxLength(20)),
    ),
  ),
  uses: z.optional(whole(1, MAX_USES)),
  expiresIn: z.optional(whole(1, MAX_LIFE_S)),
  publicKey: z.optional(
    z.pipe(
      mapped(textUpTo(1_000), rawPublicKey),
      z.string("This must be an Ed25519 public key: SPKI in PEM or base64."),
    ),
  ),
});
type Enrollment = z.infer<typeof enrollmentSchema>;

export async function newEnrollment(request: Request, call: AdminCall): Promise<Response> {
  const given = await readBody(request, enrollmentSchema, MAX_BODY_BYTES);
  const { cidr = null, uses = 1, expiresIn = HOUR_S, publicKey } = given;
  const pattern = patternOf(given);
  call.said.object = pattern;
  const categories = knownOnes(given, call);
  if (publicKey !== undefined) {
    return register({ name: pattern, categories, cidr, publicKey }, call);
  }
  const by = call.by.name;
  const made = await registryOf(call.env).newCode({ pattern, categories, cidr, uses, lifeMs: expiresIn * 1000, by });
  return Response.json(made, { status: 201 });
}

/** Codes that can still be used, the newest first; what they are is known to those alone who were given them. */
export async function listEnrollments(request: Request, { env }: AdminCall): Promise<Response> {
  const codes = await registryOf(env).codes(readLimit(request));
  return Response.json({ items: codes.map(shown) });
}

export async function endEnrollment(_request: Request, { env, said }: AdminCall): Promise<Response> {
  const code = await registryOf(env).endCode(said.object);
  if (code === null) {
    throw new GatewayError("not_found", "There is no such code, or it is not open any more.");
  }
  return Response.json(shown(code));
}

async function register(given: NewRunner, { env }: AdminCall): Promise<Response> {
  const answer = await registryOf(env).register(given);
  if (answer.kind !== "enrolled") {
    throw new GatewayError(...KEY_REFUSALS[answer.kind]);
  }
  return Response.json(answer.runner, { status: 201 });
}

function patternOf({ name, namePattern, publicKey, uses, expiresIn }: Enrollment): string {
  if (name !== undefined && namePattern !== undefined) {
    throw new GatewayError("bad_request", "namePattern: Give a name or a pattern of names, not both.");
  }
  const ofCodes = Object.entries({ namePattern, uses, expiresIn }).find(([, value]) => value !== undefined);
  if (publicKey !== undefined && ofCodes !== undefined) {
    throw new GatewayError("bad_request", `${ofCodes[0]}: This is for codes; a key is registered without one.`);
  }
  const pattern = name ?? namePattern;
  if (pattern === undefined) {
    throw new GatewayError("bad_request", "name: This is missing.");
  }
  return pattern;
}

function knownOnes({ categories }: Enrollment, { settings }: AdminCall): string[] {
  const known = new Set(settings.products.map(({ category }) => category));
  const unknown = categories.findIndex((category) => !known.has(category));
  if (unknown >= 0) {
    throw new GatewayError("bad_request", `categories[${unknown}]: No product of PRODUCTS has this category.`);
  }
  return [...new Set(categories)];
}

function shown({ pattern, ...rest }: KeptCode): ShownCode {
  return isPattern(pattern)
    ? { ...rest, name: null, namePattern: pattern }
    : { ...rest, name: pattern, namePattern: null };
}
