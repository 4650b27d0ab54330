/** What `status` shows of a running process. */
import * as z from "zod/mini";
import { refSchema } from "../shared/ids.ts";

export const statusSchema = z.object({
  version: z.string(),
  runner: z.object({ id: z.string(), name: z.string() }),
  draining: z.boolean(),
  podman: z.string(),
  podmanVersion: z.optional(z.nullable(z.string())),
  /** Since the process began. */
  podmanChange: z.optional(z.nullable(z.object({ from: z.string(), to: z.string(), atMs: z.number() }))),
  closed: z.nullable(z.object({ code: z.string(), text: z.string() })),
  /** It is drained then; until then it takes jobs that will be over. */
  closing: z._default(z.nullable(z.object({ reason: z.string(), fromMs: z.number() })), null),
  journalLost: z.boolean(),
  total: z.object({ cpu: z.number(), memoryBytes: z.number(), gpu: z.number() }),
  lines: z.array(
    z.object({
      category: z.string(),
      connected: z.boolean(),
      heardAgoMs: z.nullable(z.number()),
      trouble: z.nullable(z.string()),
      /** Times that the line was lost after a welcome. */
      losses: z._default(z.int(), 0),
    }),
  ),
  jobs: z.array(
    z.object({
      ref: refSchema,
      category: z.string(),
      phase: z.string(),
      gpus: z.array(z.string()),
      ending: z.nullable(z.string()),
      /** Facts that the gateway has not acknowledged. */
      untold: z._default(z.int(), 0),
    }),
  ),
  foreign: z.array(z.string()),
  freeDiskBytes: z._default(z.nullable(z.number()), null),
  journalFailures: z._default(z.int(), 0),
  /** `job`: who has it. `trouble`: why no other gets it. */
  gpus: z.optional(
    z.array(
      z.object({
        ...{ name: z.string(), kind: z.nullable(z.string()) },
        ...{ job: z.nullable(z.string()), trouble: z.nullable(z.string()) },
      }),
    ),
  ),
  /** Why jobs with whole cores are not pinned to them. */
  unpinned: z.nullish(z.string()),
  /** Beside none. `trouble`: why jobs with a network are not taken; no fault where no machine type has one. */
  networks: z.optional(z.object({ served: z.array(z.string()), trouble: z.nullable(z.string()) })),
  /** `trouble`: why it is not served. */
  drives: z.optional(z.array(z.object({ id: z.string(), folder: z.string(), trouble: z.nullable(z.string()) }))),
});

export type Status = z.infer<typeof statusSchema>;

/** 0: everything is as it should be. 1: it works, but not fully. 2: no line to the gateway. */
export function exitCodeOf({ lines, closed, draining, gpus = [] }: Status): 0 | 1 | 2 {
  const connected = lines.filter((line) => line.connected).length;
  if (connected === 0) {
    return 2;
  }
  const isWhole = connected === lines.length && gpus.every(({ trouble }) => trouble === null);
  return !isWhole || (closed !== null && !draining) ? 1 : 0;
}
