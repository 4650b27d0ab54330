/** `GET /admin/jobs…` and a job's verbs, over all categories. */
import { JOB_ID } from "../../shared/ids.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import type { JobDetail, JobSummary } from "../queue/api.ts";
import { queueOf } from "../queue/stub.ts";
import { knownCategories } from "./categories.ts";
import { readReason } from "./reason.ts";

type Deps = { env: Env; settings: Settings };

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Pages run category by category; `next` names the place to go on from. */
export async function listJobs(request: Request, { env, settings }: Deps): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const limit = readLimit(query.get("limit"));
  const [fromCategory, fromId] = splitCursor(query.get("next"));
  const categories = await knownCategories({ env, settings });
  const start = fromCategory === null ? 0 : categories.indexOf(fromCategory);
  if (start < 0) {
    throw new GatewayError("bad_request", "next: This is not what an earlier page gave.");
  }
  const items: JobSummary[] = [];
  for (const category of categories.slice(start)) {
    const after = category === fromCategory ? fromId : null;
    const page = await queueOf(env, category).jobs(after, limit - items.length);
    items.push(...page.items);
    if (page.next !== null || items.length >= limit) {
      const last = items.at(-1);
      return Response.json({ items, next: `${category}/${page.next ?? last?.id ?? ""}` });
    }
  }
  return Response.json({ items, next: null });
}

function readLimit(text: string | null): number {
  const limit = Number(text ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new GatewayError("bad_request", `limit: This must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}

function splitCursor(cursor: string | null): [string | null, string | null] {
  const slash = cursor?.indexOf("/") ?? -1;
  return cursor === null || slash < 0 ? [cursor, null] : [cursor.slice(0, slash), cursor.slice(slash + 1)];
}

export async function showJob(id: string, deps: Deps): Promise<Response> {
  const { newest, others } = await findJob(id, deps);
  return Response.json({ ...newest, older: [...newest.older, ...others] });
}

export async function cancelJob(request: Request, id: string, deps: Deps): Promise<Response> {
  const reason = await readReason(request);
  const { newest } = await findJob(id, deps);
  const cancelled = await queueOf(deps.env, newest.category).cancel(newest.id, reason);
  if (cancelled === null) {
    throw new GatewayError("not_found", "There is no such job.");
  }
  return Response.json(cancelled);
}

/** The newest incarnation over all categories: UCloud can give an id again to a job of another one. */
async function findJob(id: string, { env, settings }: Deps): Promise<{ newest: JobDetail; others: JobDetail[] }> {
  checked(id);
  const categories = await knownCategories({ env, settings });
  const found = await Promise.all(categories.map((category) => queueOf(env, category).job(id)));
  const [newest, ...others] = found.filter((job) => job !== null).toSorted((a, b) => b.acceptedAt - a.acceptedAt);
  if (newest === undefined) {
    throw new GatewayError("not_found", "There is no such job.");
  }
  return { newest, others };
}

function checked(id: string): void {
  if (!JOB_ID.test(id)) {
    throw new GatewayError("not_found", "There is no such job.");
  }
}
