/** What `status` shows of a running process. */
import * as z from "zod";
import { refSchema } from "../shared/ids.ts";

export const statusSchema = z.object({
  version: z.string(),
  runner: z.object({ id: z.string(), name: z.string() }),
  draining: z.boolean(),
  podman: z.string(),
  podmanVersion: z.string().nullable().optional(),
  /** Since the process began. */
  podmanChange: z.object({ from: z.string(), to: z.string(), atMs: z.number() }).nullable().optional(),
  closed: z.object({ code: z.string(), text: z.string() }).nullable(),
  /** It is drained then; until then it takes jobs that will be over. */
  closing: z.object({ reason: z.string(), fromMs: z.number() }).nullable().default(null),
  journalLost: z.boolean(),
  total: z.object({ cpu: z.number(), memoryBytes: z.number(), gpu: z.number() }),
  lines: z.array(
    z.object({
      category: z.string(),
      connected: z.boolean(),
      heardAgoMs: z.number().nullable(),
      trouble: z.string().nullable(),
      /** Times that the line was lost after a welcome. */
      losses: z.int().default(0),
    }),
  ),
  jobs: z.array(
    z.object({
      ref: refSchema,
      category: z.string(),
      phase: z.string(),
      gpus: z.array(z.string()),
      ending: z.string().nullable(),
      /** Facts that the gateway has not acknowledged. */
      untold: z.int().default(0),
    }),
  ),
  foreign: z.array(z.string()),
  freeDiskBytes: z.number().nullable().default(null),
  journalFailures: z.int().default(0),
  /** `job`: who has it. `trouble`: why no other gets it. */
  gpus: z
    .array(
      z.object({
        ...{ name: z.string(), kind: z.string().nullable() },
        ...{ job: z.string().nullable(), trouble: z.string().nullable() },
      }),
    )
    .optional(),
  /** Why jobs with whole cores are not pinned to them. */
  unpinned: z.string().nullish(),
  /** Beside none. `trouble`: why jobs with a network are not taken; no fault where no machine type has one. */
  networks: z.object({ served: z.array(z.string()), trouble: z.string().nullable() }).optional(),
  /** `trouble`: why it is not served. */
  drives: z.array(z.object({ id: z.string(), folder: z.string(), trouble: z.string().nullable() })).optional(),
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
