/**
 * Names of things. Everything about a job is named by (job, incarnation, attempt, rank): UCloud can use an id again
 * (incarnation), a job can be offered again (attempt, the fence), and one day it has several nodes (rank).
 */
import * as z from "zod/mini";
import { matching, whole } from "./schema.ts";

/** Becomes part of folder, container and network names; UCloud's own ids are decimal numbers. */
export const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** 64 random bits in hexadecimal, drawn by the gateway when it stores the create. */
export const INCARNATION = /^[0-9a-f]{16}$/;
/** Provider, category and product names as they appear in addresses and object names. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const refSchema = z.strictObject({
  job: matching(JOB_ID),
  incarnation: matching(INCARNATION),
  attempt: whole(1),
  rank: whole(0, 511),
});

/** One attempt of one rank of one incarnation of a job. */
export type Ref = z.infer<typeof refSchema>;

/** Container and network name, unique per start that was ever granted. */
export function refName(ref: Ref): string {
  return `ucloud-${ref.job}-${ref.incarnation}-${ref.attempt}-${ref.rank}`;
}

/** The job's folder below `jobs-dir`; the attempts of an incarnation share it. */
export function folderName(ref: Pick<Ref, "job" | "incarnation">): string {
  return `${ref.job}-${ref.incarnation}`;
}
