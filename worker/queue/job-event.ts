/** A job in one wide event: ids, class, times and cause. No owner, no text, nothing that a user wrote. */
import type { Job } from "./job.ts";
import type { EventFields } from "./ports.ts";

const ENDED = /^ended /;

export function jobFields(job: Job, category: string): EventFields {
  const { id, incarnation, productId, terms, acceptedAtMs, startedAtMs, exitedAtMs = null, place, attempt } = job;
  const isOver = place.state === "done";
  return {
    ...{ category, job: id, incarnation, attempt, runner: runnerOf(job), product: productId },
    ...{ cpu: terms.resources.cpu, memoryBytes: terms.resources.memoryBytes, gpu: terms.resources.gpu },
    outcome: isOver ? place.outcome : null,
    cause: causeOf(job),
    after: stepBeforeEnd(job),
    ...{ acceptedAtMs, startedAtMs, exitedAtMs, endedAtMs: isOver ? place.endedAtMs : null },
    waitedMs: startedAtMs === null ? null : startedAtMs - acceptedAtMs,
    ranMs: startedAtMs === null || exitedAtMs === null ? null : exitedAtMs - startedAtMs,
    failedStarts: job.failedStarts?.count ?? 0,
    told: job.telling.told,
  };
}

/** Of the node's word only what is ours: the kind of the end and the exit code. */
function causeOf({ timeline, cancelAsked, mute, telling, place }: Job): string | null {
  if (place.state !== "done") {
    return place.state === "held" ? "not released" : null;
  }
  const exited = timeline.findLast(({ what }) => what === "exited")?.detail;
  if (exited !== undefined) {
    return exited;
  }
  if (mute) {
    return "replaced";
  }
  if (telling.forgotten) {
    return "forgotten";
  }
  return cancelAsked === null ? null : "cancelled";
}

/** What is written in the timeline beside the texts is ours. */
function stepBeforeEnd({ timeline }: Job): string | null {
  const index = timeline.findLastIndex(({ what }) => ENDED.test(what));
  return timeline[index - 1]?.what ?? null;
}

function runnerOf({ place, timeline }: Job): string | null {
  if ("runner" in place) {
    return place.runner;
  }
  return timeline.findLast(({ runner }) => runner !== undefined)?.runner ?? null;
}
