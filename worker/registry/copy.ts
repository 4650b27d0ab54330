/** The Registry's part of a copy of the gateway: who may connect, and what was decided about them. Codes are no part of it. */
import * as z from "zod";
import { NAME } from "../../shared/ids.ts";
import type { Pasted } from "../queue/api.ts";
import { cidrSchema } from "../runner/address.ts";
import { PUBLIC_KEY } from "../runner/public-key.ts";
import type { RegistryCopy, RunnerRecord } from "./api.ts";
import type { RegistryStore } from "./store.ts";

const RUNNERS_A_PAGE = 500;

const moment = z.int().min(0);
const reason = z.string().max(400);
const drainedSchema = z.strictObject({
  ...{ reason, by: z.string().max(64), since: moment, until: moment.nullable() },
  from: moment.exactOptional(),
});

/** Public keys only: what proves them never left their machines. */
export const runnerCopySchema: z.ZodType<RunnerRecord> = z.strictObject({
  id: z.string().regex(/^r-[0-9a-f]{16}$/),
  name: z.string().regex(NAME),
  publicKey: z.string().regex(PUBLIC_KEY),
  categories: z.array(z.string().regex(NAME)).min(1).max(50),
  enrolledAt: moment,
  revokedAt: moment.nullable(),
  revokeReason: reason.nullable(),
  standing: z
    .strictObject({
      word: moment,
      drained: drainedSchema.nullable(),
      lost: z.strictObject({ word: moment, reason }).nullable(),
    })
    .nullable(),
  cidr: z.array(cidrSchema).min(1).max(20).nullable(),
});

export function copyPage(store: RegistryStore, after: string): RegistryCopy & { next: string | null } {
  const runners = store.runnersAfter(after, RUNNERS_A_PAGE);
  const next = runners.length < RUNNERS_A_PAGE ? null : (runners.at(-1)?.id ?? null);
  return { runners, categories: next === null ? store.categories() : [], next };
}

/** Queues need not be told: each hears how it stands with a runner before that one connects. */
export function pasteCopy(store: RegistryStore, { runners, categories }: RegistryCopy): Pasted | { nameOf: string } {
  const fresh = runners.filter(({ id }) => store.runner(id) === null);
  const names = fresh.map(({ name }) => name);
  const taken = fresh.find(({ name }, index) => store.runnerNamed(name) !== null || names.indexOf(name) < index);
  if (taken !== undefined) {
    return { nameOf: taken.id };
  }
  for (const runner of fresh) {
    store.saveRunner(runner);
  }
  store.rememberCategories(categories);
  return { taken: fresh.length, known: runners.length - fresh.length };
}
