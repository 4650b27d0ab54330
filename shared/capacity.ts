/** What a machine has for jobs, as its runner tells each of its queues. */
import * as z from "zod";
import { DRIVE_ID, resourcesSchema } from "./plan.ts";

/** `*` stands for every drive that has a folder at the runner; `workspaces`: only jobs of these may use it. */
const servedDriveSchema = z.object({
  id: z.union([z.literal("*"), z.string().regex(DRIVE_ID)]),
  workspaces: z.array(z.string().max(512)).max(256).optional(),
});
export type ServedDrive = z.infer<typeof servedDriveSchema>;

const gpuKindSchema = z.object({
  kind: z.string().max(64).nullable(),
  total: z.int().min(0),
  elsewhere: z.int().min(0),
});

/** What the whole machine can give to jobs of this provider, or why it gives nothing now. */
export const capacitySchema = z.object({
  total: resourcesSchema,
  /** Null also where it has several. */
  gpuKind: z.string().max(64).nullable(),
  /** Only where it has several: of each kind how many, and how many other queues use or keep. */
  gpuKinds: z.array(gpuKindSchema).max(64).optional(),
  /** Devices that it cannot give now, and why; they are not in `total`. Absent: none. */
  lostGpus: z
    .array(z.object({ name: z.string().max(200), why: z.string().max(400) }))
    .max(64)
    .optional(),
  /** Other networks than `none` that it can give to jobs now; absent: none. */
  networks: z.array(z.string().max(32)).max(8).optional(),
  /** Absent: none. */
  drives: z.array(servedDriveSchema).max(512).optional(),
  /** Takes no job now; the sentence is shown to administrators. */
  closed: z.object({ code: z.string().max(32), text: z.string().max(400) }).nullable(),
});
export type Capacity = z.infer<typeof capacitySchema>;
