/** `GET /admin/jobs…` and a job's verbs, over all categories. */
import { JOB_ID } from "../../shared/ids.ts";
import { GatewayError } from "../http/errors.ts";
import type { JobAnswer, JobDetail, JobSummary, JobVerb } from "../queue/api.ts";
import { queueOf } from "../queue/stub.ts";
import type { AdminCall } from "./call.ts";
import { knownCategories } from "./categories.ts";
import { readLimit } from "./limit.ts";
import { readReason } from "./reason.ts";

/** Pages run category by category; `next` names the place to go on from. */
export async function listJobs(request: Request, { env, settings }: AdminCall): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const limit = readLimit(request);
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

function splitCursor(cursor: string | null): [string | null, string | null] {
  const slash = cursor?.indexOf("/") ?? -1;
  return cursor === null || slash < 0 ? [cursor, null] : [cursor.slice(0, slash), cursor.slice(slash + 1)];
}

export async function showJob(id: string, deps: AdminCall): Promise<Response> {
  const { newest, others } = await findJob(id, deps);
  return Response.json({ ...newest, older: [...newest.older, ...others] });
}

/** As its user would, with a reason that the user reads. */
export async function cancelJob(request: Request, call: AdminCall): Promise<Response> {
  const reason = await readReason(request, call);
  const { newest } = await findJob(call.said.object, call);
  const job = await queueOf(call.env, newest.category).cancel(newest.id, reason);
  return changed(job === null ? { kind: "unknown" } : { kind: "changed", job });
}

/** A final failure with that reason, whatever the node says later. */
export const failJob = verb("fail");
/** Its end is told to UCloud again, now. */
export const resendEnd = verb("resend");
/** Its end is not told to UCloud any more. */
export const discardEnd = verb("discard");

function verb(name: JobVerb) {
  return async (request: Request, call: AdminCall): Promise<Response> => {
    const reason = await readReason(request, call);
    const { newest } = await findJob(call.said.object, call);
    return changed(await queueOf(call.env, newest.category).decide(newest.id, name, reason));
  };
}

function changed(answer: JobAnswer): Response {
  switch (answer.kind) {
    case "changed":
      return Response.json(answer.job);
    case "unknown":
      throw new GatewayError("not_found", "There is no such job.");
    case "not_over":
      throw new GatewayError("conflict", "The job is not over: there is no end to be told.");
    default:
      return answer satisfies never;
  }
}

/** The newest incarnation over all categories: UCloud can give an id again to a job of another one. */
async function findJob(id: string, { env, settings }: AdminCall): Promise<{ newest: JobDetail; others: JobDetail[] }> {
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
