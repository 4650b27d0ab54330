/** What a machine has for jobs, as its runner tells each of its queues. */
import * as z from "zod/mini";
import { DRIVE_ID, resourcesSchema } from "./plan.ts";
import { matching, textUpTo, whole } from "./schema.ts";

/** `*` stands for every drive that has a folder at the runner; `workspaces`: only jobs of these may use it. */
const servedDriveSchema = z.object({
  id: z.union([z.literal("*"), matching(DRIVE_ID)]),
  workspaces: z.optional(z.array(textUpTo(512)).check(z.maxLength(256))),
});
export type ServedDrive = z.infer<typeof servedDriveSchema>;

const gpuKindSchema = z.object({
  kind: z.nullable(textUpTo(64)),
  total: whole(0),
  elsewhere: whole(0),
});

/** What the whole machine can give to jobs of this provider, or why it gives nothing now. */
export const capacitySchema = z.object({
  total: resourcesSchema,
  /** Null also where it has several. */
  gpuKind: z.nullable(textUpTo(64)),
  /** Only where it has several: of each kind how many, and how many other queues use or keep. */
  gpuKinds: z.optional(z.array(gpuKindSchema).check(z.maxLength(64))),
  /** Devices that it cannot give now, and why; they are not in `total`. Absent: none. */
  lostGpus: z.optional(z.array(z.object({ name: textUpTo(200), why: textUpTo(400) })).check(z.maxLength(64))),
  /** Other networks than `none` that it can give to jobs now; absent: none. */
  networks: z.optional(z.array(textUpTo(32)).check(z.maxLength(8))),
  /** Absent: none. */
  drives: z.optional(z.array(servedDriveSchema).check(z.maxLength(512))),
  /** Takes no job now; the sentence is shown to administrators. */
  closed: z.nullable(z.object({ code: textUpTo(32), text: textUpTo(400) })),
});
export type Capacity = z.infer<typeof capacitySchema>;
