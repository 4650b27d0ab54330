/**
 * `POST jobs`: all jobs of the call or none. Each is compiled before anything is stored; of several categories every
 * queue stores its part held, and releases it when all have stored.
 */
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import { nameJobs } from "../http/call-event.ts";
import { GatewayError } from "../http/errors.ts";
import { settledJson } from "../http/settled-response.ts";
import { queueStatuses } from "../isolate.ts";
import type { CreateAnswer, JobIdentity, NewJob } from "../queue/api.ts";
import { queueOf } from "../queue/stub.ts";
import type { Call } from "../router.ts";
import { tellAnswered } from "./answered.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { parseBulk, parseJob } from "./schema.ts";
import { withSiteRules } from "./site-rules.ts";
import { translateJob } from "./translate.ts";

const MAX_ITEMS = 1_000;

/** `drives`: each with the field of the job that named it first. */
type Indexed = { index: number; job: NewJob; drives: ReadonlyMap<string, string> };

export async function createJobs(
  request: Request,
  { env, settings, waitUntil, facts }: Pick<Call, "env" | "settings" | "waitUntil" | "facts">,
): Promise<Response> {
  const jobs = compile(await readJson(request), settings);
  nameJobs(
    facts,
    jobs.map(({ job }) => job.id),
  );
  const byCategory = Map.groupBy(jobs, ({ job }) => job.plan.product.category);
  const hold = byCategory.size > 1 ? crypto.randomUUID() : null;
  const held: string[] = [];
  for (const [category, items] of byCategory) {
    if ((await store(env, category, items, hold)) > 0) {
      held.push(category);
    }
  }
  if (hold !== null) {
    await release(env, held, hold);
  }
  const { response, left } = settledJson({ responses: jobs.map(() => null) });
  waitUntil(left.then((hasLeft) => (hasLeft ? tellAnswered(env, identities(byCategory)) : undefined)));
  return response;
}

function compile(body: unknown, { products }: Settings): Indexed[] {
  return itemsOf(body).map((item, index) => {
    const parsed = parseJob(item);
    const translated = parsed.kind === "ok" ? translateJob(parsed.job, products) : parsed;
    if (translated.kind === "refused") {
      throw refusedItem(index, translated);
    }
    return { index, job: withSiteRules(translated.job, products), drives: translated.drives };
  });
}

/** @throws GatewayError when the body is no bulk request. */
export function itemsOf(body: unknown): unknown[] {
  const bulk = parseBulk(body);
  if (bulk.kind === "refused") {
    throw new GatewayError("bad_request", bulk.field === "" ? bulk.why : `${bulk.field}: ${bulk.why}`);
  }
  if (bulk.items.length > MAX_ITEMS) {
    throw new GatewayError("bad_request", `items: At most ${MAX_ITEMS} are possible in one call.`);
  }
  return bulk.items;
}

export function refusedItem(index: number, { field, why }: Refusal): GatewayError {
  return new GatewayError("bad_request", `items[${index}]${field === "" ? "" : `.${field}`}: ${why}`);
}

const REFUSED = {
  refresh_refused: "The provider cannot talk to UCloud at the moment and takes no jobs; its operator has to act.",
  queue_full: "The provider has no room for more jobs at the moment.",
  not_enough_compute_credits: "The allocation of this workspace for this machine type is used up.",
} as const;

const DRIVE_NOT_SERVED = "No machine here has this drive for jobs of this workspace.";
const DRIVE_APART = "No machine here has this drive together with the job's other drives.";

/** Returns how many jobs wait for their release. */
async function store(env: Env, category: string, items: Indexed[], hold: string | null): Promise<number> {
  const answer = await queueOf(env, category).create(
    items.map(({ job }) => job),
    hold,
  );
  if (answer.kind === "refused") {
    throw refusedCreate(answer, items[answer.index]);
  }
  queueStatuses.set(category, { status: answer.queueStatus ?? "AVAILABLE", atMs: Date.now() });
  return answer.held;
}

function refusedCreate(
  answer: Extract<CreateAnswer, { kind: "refused" }>,
  { index, drives }: Pick<Indexed, "index" | "drives"> = { index: 0, drives: new Map() },
): GatewayError {
  if (answer.code === "drive_not_served") {
    const why = answer.isApart ? DRIVE_APART : DRIVE_NOT_SERVED;
    return refusedItem(index, refuse(drives.get(answer.drive) ?? "specification", why));
  }
  return new GatewayError(answer.code, `items[${index}]: ${REFUSED[answer.code]}`);
}

/** What is not released in time is discarded; UCloud repeats the call and everything is stored anew. */
async function release(env: Env, categories: string[], hold: string): Promise<void> {
  const released = await Promise.all(categories.map((category) => queueOf(env, category).release(hold)));
  if (released.includes(false)) {
    throw new GatewayError("unavailable", "The jobs could not be stored together; try again.");
  }
}

function identities(byCategory: Map<string, Indexed[]>): Map<string, JobIdentity[]> {
  return new Map(
    [...byCategory].map(([category, items]) => [
      category,
      items.map(({ job: { id, createdAt, owner } }) => ({ id, createdAt, owner })),
    ]),
  );
}
