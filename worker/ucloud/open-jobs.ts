/** The jobs of one category that UCloud shows as not ended: what a queue compares its own with. */
import * as z from "zod/mini";
import type { Ask } from "./client.ts";
import type { CoreJob, Unanswered } from "./control.ts";

/** One page; `next` leads to the one after it. */
export type OpenAnswer = { kind: "ok"; jobs: (CoreJob & { id: string })[]; next: string | null } | Unanswered;

/** States that a job of ours can have at UCloud without having ended. */
export const OPEN_STATES = ["IN_QUEUE", "RUNNING", "SUSPENDED"] as const;
export type OpenState = (typeof OPEN_STATES)[number];

export interface OpenJobsApi {
  browseOpen(asked: { category: string; state: OpenState; next: string | null }): Promise<OpenAnswer>;
}

const part = z.nullish(z.int());
export const coreJobSchema = z.object({
  createdAt: z.int(),
  owner: z.object({ createdBy: z.string(), project: z.nullish(z.string()) }),
  specification: z.object({
    product: z.object({ id: z.string(), category: z.string() }),
    timeAllocation: z.catch(z.nullish(z.object({ hours: part, minutes: part, seconds: part })), null),
  }),
  status: z.catch(z.nullish(z.object({ state: z.string(), startedAt: z.catch(z.nullish(z.int()), null) })), null),
});

const pageSchema = z.object({
  items: z.nullish(z.array(z.extend(coreJobSchema, { id: z.string() }))),
  next: z.nullish(z.string()),
});

/** A job with long parameters can make a page longer than what is read of an answer. */
const PAGE_SIZES = [100, 10];

export function openJobsOver(ask: Ask): OpenJobsApi {
  async function browse(query: Record<string, string>): Promise<OpenAnswer> {
    const reached = await ask({ method: "GET", path: `/api/jobs/control/browse?${new URLSearchParams(query)}` });
    if (reached.kind !== "answered") {
      return reached;
    }
    const { status, body } = reached.answer;
    const parsed = pageSchema.safeParse(body);
    if (status !== 200 || !parsed.success) {
      return { kind: "unavailable", status };
    }
    const jobs = parsed.data.items?.map((job) => ({ id: job.id, ...toCoreJob(job) })) ?? [];
    return { kind: "ok", jobs, next: parsed.data.next || null };
  }

  return {
    async browseOpen({ category, state, next }) {
      let answer: OpenAnswer = { kind: "unavailable", status: null };
      for (const size of PAGE_SIZES) {
        const place: Record<string, string> = next === null ? {} : { next };
        const filter = { filterProductCategory: category, filterState: state };
        answer = await browse({ itemsPerPage: String(size), ...filter, ...place });
        if (answer.kind !== "unavailable" || answer.status !== 200) {
          break;
        }
      }
      return answer;
    },
  };
}

export function toCoreJob({ createdAt, owner, specification, status }: z.infer<typeof coreJobSchema>): CoreJob {
  const { product, timeAllocation } = specification;
  const { hours, minutes, seconds } = timeAllocation ?? {};
  const wallMs = ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
  return {
    createdAt,
    owner: { createdBy: owner.createdBy, project: owner.project || null },
    product: { id: product.id, category: product.category },
    state: status?.state ?? null,
    startedAt: status?.startedAt ?? null,
    wallMs: wallMs > 0 ? wallMs : null,
  };
}
