/** What calls that change living jobs have in common: all jobs of the call or none, and none that is over or nearly so. */
import type { ChangeAnswer, ChangeRefusal, JobIdentity } from "./api.ts";
import { type Job, type Step, sameIdentity } from "./job.ts";
import type { QueueState } from "./state.ts";

export type Change<A> = {
  /** What speaks against it for a job that lives. */
  objection(job: Job, asked: A): ChangeRefusal | null;
  carryOut(job: Job, asked: A): Step;
};

export function changeJobs<A extends JobIdentity>(
  state: QueueState,
  asked: readonly A[],
  { objection, carryOut }: Change<A>,
): ChangeAnswer {
  for (const [index, one] of asked.entries()) {
    const refusal = refusalOf(state.jobs.live(one.id), one, objection);
    if (refusal !== null) {
      return { kind: "refused", index, ...refusal };
    }
  }
  for (const one of asked) {
    const job = state.jobs.live(one.id);
    if (job !== null) {
      state.take(job, carryOut(job, one));
    }
  }
  return { kind: "done" };
}

function refusalOf<A extends JobIdentity>(
  job: Job | null,
  asked: A,
  objection: Change<A>["objection"],
): ChangeRefusal | null {
  if (job === null || !sameIdentity(job, asked)) {
    return { code: "unknown" };
  }
  if (job.place.state === "done") {
    return { code: "ended" };
  }
  return job.cancelAsked ? { code: "ending" } : objection(job, asked);
}
