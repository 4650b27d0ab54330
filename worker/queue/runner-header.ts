/** How the Worker tells a queue which runner it has checked. The header is only ever set by the Worker. */
import * as z from "zod/mini";
import { invalid, mapped } from "../../shared/schema.ts";
import type { RunnerIdentity } from "./api.ts";

export const RUNNER_HEADER = "X-Runner";

const identitySchema = z.object({
  id: z.string(),
  name: z.string(),
  publicKey: z.string(),
  enrolledAt: z.optional(z.number()),
  address: z.optional(z.string()),
});

export function runnerOf(header: string | null): RunnerIdentity | null {
  if (header === null) {
    return null;
  }
  const parsed = z
    .pipe(
      mapped(z.string(), (text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          return invalid(context, "is not JSON");
        }
      }),
      identitySchema,
    )
    .safeParse(header);
  return parsed.success ? parsed.data : null;
}
