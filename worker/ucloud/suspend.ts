/**
 * `POST jobs/suspend` and `jobs/unsuspend`. The older UCloud sends the jobs themselves, today's wraps each as `{job}`; an
 * object with as many answers satisfies both.
 */
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import { type Change, changeJobs, changeOf } from "./change.ts";
import { itemsOf } from "./create.ts";

export async function suspendJobs(
  request: Request,
  deps: { env: Env; settings: Settings },
  wanted: boolean,
): Promise<Response> {
  const asked: Change[] = [];
  for (const [index, item] of itemsOf(await readJson(request)).entries()) {
    const [job, field] = isWrapped(item) ? [item.job, "job"] : [item, ""];
    asked.push(await changeOf(job, { index, field }, deps));
  }
  return changeJobs(
    deps.env,
    asked,
    (queue, part) =>
      queue.suspend(
        part.map(({ job }) => job),
        wanted,
      ),
    { job: "", time: "" },
  );
}

/** A job has no field of that name. */
function isWrapped(item: unknown): item is { job: unknown } {
  return typeof item === "object" && item !== null && "job" in item;
}
