/** Why an administrator does it. The job's user reads it. */
import * as z from "zod";
import { cleanText } from "../../shared/text.ts";
import { readBody } from "../http/body.ts";

const MAX_BODY_BYTES = 16_384;
const reasonSchema = z.strictObject({ reason: z.string().min(1).max(400) });

export async function readReason(request: Request): Promise<string> {
  return cleanText((await readBody(request, reasonSchema, MAX_BODY_BYTES)).reason);
}
