/** How the Worker tells a queue which runner it has checked. The header is only ever set by the Worker. */
import * as z from "zod";
import type { RunnerIdentity } from "./api.ts";

export const RUNNER_HEADER = "X-Runner";

const identitySchema = z.object({
  id: z.string(),
  name: z.string(),
  publicKey: z.string(),
  enrolledAt: z.number().optional(),
  address: z.string().optional(),
});

export function runnerOf(header: string | null): RunnerIdentity | null {
  if (header === null) {
    return null;
  }
  const parsed = z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "is not JSON" });
        return z.NEVER;
      }
    })
    .pipe(identitySchema)
    .safeParse(header);
  return parsed.success ? parsed.data : null;
}
