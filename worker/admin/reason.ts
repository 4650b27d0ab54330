/** Why an administrator does it: read with whatever else the call says, and kept for the audit. */
import * as z from "zod/mini";
import { mapped, whole } from "../../shared/schema.ts";
import { cleanText } from "../../shared/text.ts";
import { readBody, readBodyIfAny } from "../http/body.ts";
import type { AdminCall } from "./call.ts";

const MAX_BODY_BYTES = 16_384;

/** The job's user may read it. */
const reason = mapped(z.string().check(z.minLength(1), z.maxLength(400)), (text) => cleanText(text)).check(
  z.refine((text) => text !== "", "This must be a sentence."),
);

const ISO = mapped(z.iso.datetime({ offset: true }), (text) => Date.parse(text));
/** A moment in ms since the epoch, or as ISO 8601 with its zone. */
const moment = z.union([whole(1), ISO], "This must be ms since the epoch or an ISO 8601 moment.");

const reasonSchema = z.strictObject({ reason });
const maybeReasonSchema = z.strictObject({ reason: z.nullish(reason) });
const drainSchema = z.strictObject({ reason, before: z.nullish(moment), until: z.nullish(moment) });

const restoreSchema = z.strictObject({ reason, to: moment });

export async function readRestore(request: Request, { said }: AdminCall): Promise<{ reason: string; to: number }> {
  const body = await readBody(request, restoreSchema, MAX_BODY_BYTES);
  said.reason = body.reason;
  return body;
}

export async function readReason(request: Request, { said }: AdminCall): Promise<string> {
  const body = await readBody(request, reasonSchema, MAX_BODY_BYTES);
  said.reason = body.reason;
  return body.reason;
}

export async function readDrain(
  request: Request,
  { said }: AdminCall,
): Promise<{ reason: string; before: number | null; until: number | null }> {
  const { reason: why, before = null, until = null } = await readBody(request, drainSchema, MAX_BODY_BYTES);
  said.reason = why;
  return { reason: why, before, until };
}

/** For verbs that may be said without a body. */
export async function readReasonIfAny(request: Request, { said }: AdminCall): Promise<string | null> {
  const body = await readBodyIfAny(request, maybeReasonSchema, MAX_BODY_BYTES);
  said.reason = body?.reason ?? null;
  return said.reason;
}
