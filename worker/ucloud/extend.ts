/**
 * `POST jobs/extend`. UCloud passes on what its user typed: negative times too, and those of jobs that have ended.
 */
import { knownCategories } from "../admin/categories.ts";
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import type { Extension } from "../queue/api.ts";
import { type Categories, type Change, changeJobs, changeOf } from "./change.ts";
import { itemsOf, refusedItem } from "./create.ts";
import { refuse } from "./refusal.ts";
import { parseExtension } from "./schema.ts";
import { secondsOf } from "./wall-time.ts";

const TIME = "requestedTime";
const JOB = "job";

type Extending = Change & { extension: Extension };

export async function extendJobs(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  const known = new Set(await knownCategories({ env, settings }));
  const asked = itemsOf(await readJson(request)).map((item, index) => extendingOf(item, index, known));
  return changeJobs(env, asked, (queue, part) => queue.extend(part.map(({ extension }) => extension)), {
    job: JOB,
    time: TIME,
  });
}

function extendingOf(item: unknown, index: number, known: Categories): Extending {
  const parsed = parseExtension(item);
  if (parsed.kind === "refused") {
    throw refusedItem(index, parsed);
  }
  const { job, requestedTime, timeAllocation } = parsed.extension;
  const change = changeOf(job, { index, field: JOB }, known);
  const requested = secondsOf(requestedTime);
  if (requested <= 0) {
    throw refusedItem(index, refuse(TIME, "The time to add must be more than zero."));
  }
  const allocated = timeAllocation ? secondsOf(timeAllocation) * 1_000 : null;
  return { ...change, extension: { ...change.job, allocatedMs: allocated, requestedMs: requested * 1_000 } };
}
