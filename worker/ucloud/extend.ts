/**
 * `POST jobs/extend`. UCloud passes on what its user typed: negative times too, and those of jobs that have ended.
 */
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import type { Extension } from "../queue/api.ts";
import { type Change, changeJobs, changeOf } from "./change.ts";
import { itemsOf, refusedItem } from "./create.ts";
import { refuse } from "./refusal.ts";
import { parseExtension } from "./schema.ts";
import { secondsOf } from "./wall-time.ts";

const TIME = "requestedTime";
const JOB = "job";

type Extending = Change & { extension: Extension };

type Deps = { env: Env; settings: Settings };

export async function extendJobs(request: Request, deps: Deps): Promise<Response> {
  const asked: Extending[] = [];
  for (const [index, item] of itemsOf(await readJson(request)).entries()) {
    asked.push(await extendingOf(item, index, deps));
  }
  return changeJobs(deps.env, asked, (queue, part) => queue.extend(part.map(({ extension }) => extension)), {
    job: JOB,
    time: TIME,
  });
}

async function extendingOf(item: unknown, index: number, deps: Deps): Promise<Extending> {
  const parsed = parseExtension(item);
  if (parsed.kind === "refused") {
    throw refusedItem(index, parsed);
  }
  const { job, requestedTime, timeAllocation } = parsed.extension;
  const change = await changeOf(job, { index, field: JOB }, deps);
  const requested = secondsOf(requestedTime);
  if (requested <= 0) {
    throw refusedItem(index, refuse(TIME, "The time to add must be more than zero."));
  }
  const allocated = timeAllocation ? secondsOf(timeAllocation) * 1_000 : null;
  return { ...change, extension: { ...change.job, allocatedMs: allocated, requestedMs: requested * 1_000 } };
}
