/** The Registry's part of a copy of the gateway: who may connect, and what was decided about them. Codes are no part of it. */
import * as z from "zod/mini";
import { NAME } from "../../shared/ids.ts";
import { matching, textUpTo, whole } from "../../shared/schema.ts";
import type { Pasted } from "../queue/api.ts";
import { cidrSchema } from "../runner/address.ts";
import { PUBLIC_KEY } from "../runner/public-key.ts";
import type { RegistryCopy, RunnerRecord } from "./api.ts";
import type { RegistryStore } from "./store.ts";

const RUNNERS_A_PAGE = 500;

const moment = whole(0);
const reason = textUpTo(400);
const drainedSchema = z.strictObject({
  ...{ reason, by: textUpTo(64), since: moment, until: z.nullable(moment) },
  from: z.exactOptional(moment),
});

/** Public keys only: what proves them never left their machines. */
export const runnerCopySchema: z.ZodMiniType<RunnerRecord> = z.strictObject({
  id: matching(/^r-[0-9a-f]{16}$/),
  name: matching(NAME),
  publicKey: matching(PUBLIC_KEY),
  categories: z.array(matching(NAME)).check(z.minLength(1), z.maxLength(50)),
  enrolledAt: moment,
  revokedAt: z.nullable(moment),
  revokeReason: z.nullable(reason),
  standing: z.nullable(
    z.strictObject({
      word: moment,
      drained: z.nullable(drainedSchema),
      lost: z.nullable(z.strictObject({ word: moment, reason })),
    }),
  ),
  cidr: z.nullable(z.array(cidrSchema).check(z.minLength(1), z.maxLength(20))),
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
