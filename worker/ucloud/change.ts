/**
 * What the calls have in common that change a job which exists: which job is meant, and what its user reads when it
 * cannot be changed now. Each queue does all of its part of a call or nothing; across categories UCloud's repeat is
 * harmless, because every change is absolute.
 */
import { spelledMoment } from "../../shared/text.ts";
import { isKnownCategory } from "../admin/categories.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import type { ChangeAnswer, ChangeRefusal, JobIdentity } from "../queue/api.ts";
import type { JobQueue } from "../queue/object.ts";
import { queueOf } from "../queue/stub.ts";
import { refusedItem } from "./create.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { parseTermination } from "./schema.ts";
import { spelled } from "./wall-time.ts";

type Deps = { env: Env; settings: Settings };
export type Change = { index: number; category: string; job: JobIdentity };

/** @throws GatewayError: objects exist for our own categories only, and a job that is over at UCloud is over. */
export async function changeOf(given: unknown, { index, field }: { index: number; field: string }, deps: Deps) {
  const parsed = parseTermination(given);
  if (parsed.kind === "refused") {
    throw refusedItem(index, { ...parsed, field: below(field, parsed.field) });
  }
  const { id, createdAt, owner, category, isOver } = parsed.termination;
  if (!(await isKnownCategory(category, deps))) {
    const why = "This provider does not offer this category.";
    throw refusedItem(index, refuse(below(field, "specification.product.category"), why));
  }
  if (isOver) {
    throw refusedItem(index, refuse(field, SENTENCES.ended));
  }
  return { index, category, job: { id, createdAt, owner } };
}

function below(field: string, path: string): string {
  return [field, path].filter((part) => part !== "").join(".");
}

type Fields = { job: string; time: string };

export async function changeJobs<C extends Change>(
  env: Env,
  changes: C[],
  ask: (queue: DurableObjectStub<JobQueue>, part: C[]) => Promise<ChangeAnswer>,
  fields: Fields,
): Promise<Response> {
  for (const [category, part] of Map.groupBy(changes, (change) => change.category)) {
    const answer = await ask(queueOf(env, category), part);
    if (answer.kind === "refused") {
      throw refusedChange(part[answer.index]?.index ?? 0, answer, fields);
    }
  }
  return Response.json({ responses: changes.map(() => ({})) });
}

const SENTENCES = {
  unknown: "This provider does not know the job.",
  ended: "The job has ended.",
  ending: "The job is being stopped.",
  used_up: "The job has used up its time.",
  not_running: "Only a running job can be suspended or go on.",
  has_gpus: "A job on a machine type with GPUs cannot be suspended.",
} as const;

function refusedChange(index: number, refusal: ChangeRefusal, { job, time }: Fields): GatewayError {
  if (refusal.code === "too_long") {
    const most = spelled(refusal.maxMs / 1_000);
    return refusedItem(index, refuse(time, `The job may run for at most ${most} in all on this machine type.`));
  }
  if (refusal.code === "machine_closes") {
    const from = spelledMoment(refusal.atMs);
    return refusedItem(index, refuse(time, `The machine that runs the job is taken out of service at ${from}.`));
  }
  const item: Refusal = refuse(job, SENTENCES[refusal.code]);
  const { why } = refusedItem(index, item);
  return new GatewayError(refusal.code === "unknown" ? "not_found" : "bad_request", why);
}
