/**
 * `POST jobs/suspend` and `jobs/unsuspend`. The older UCloud sends the jobs themselves, today's wraps each as `{job}`; an
 * object with as many answers satisfies both.
 */
import { knownCategories } from "../admin/categories.ts";
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import { changeJobs, changeOf } from "./change.ts";
import { itemsOf } from "./create.ts";

export async function suspendJobs(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
  wanted: boolean,
): Promise<Response> {
  const known = new Set(await knownCategories({ env, settings }));
  const asked = itemsOf(await readJson(request)).map((item, index) =>
    isWrapped(item) ? changeOf(item.job, { index, field: "job" }, known) : changeOf(item, { index, field: "" }, known),
  );
  return changeJobs(
    env,
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
