/**
 * What the node makes, when it starts, of the journal and of the containers it finds. Pure.
 *
 * After a reboot Podman shows a container that ran as `created` or as `exited (0)` with a code nobody wrote, so in
 * another boot only the journal's grant counts, and without a journal everything counts as having run.
 */
import { refName } from "../shared/ids.ts";
import { DEFAULT_TIMES } from "../shared/times.ts";
import { neverRan, wasLost } from "./attempt/outcome.ts";
import { type Attempt, isUngranted, type Moment } from "./attempt/record.ts";
import { startedMoment } from "./attempt/wall-clock.ts";
import type { ContainerFacts } from "./engine/engine.ts";
import type { OwnLabels } from "./ownership.ts";

/** A row of the whole journal, with its container if there is one. `lastHeard`: the runner was alive then. */
export function adoptRow(
  attempt: Attempt,
  facts: ContainerFacts | null,
  now: Moment,
  lastHeard: Moment | null,
): Attempt {
  if (attempt.outcome !== null || attempt.settled !== "no") {
    return attempt;
  }
  const ranAt = facts?.startedAtPodman ?? null;
  const boot = (attempt.start?.calledAt ?? attempt.go ?? attempt.acceptedAt).bootId;
  if (isUngranted(attempt) && ranAt === null) {
    return boot === now.bootId ? attempt : neverRan(attempt, now, { code: "restarted" });
  }
  if (boot !== now.bootId) {
    const started = attempt.started ?? (ranAt === null ? null : earlierBoot(boot, ranAt));
    const ran = ranBefore({ ...attempt, started }, lastHeard);
    return wasLost({ ...attempt, started }, now, "machine_restarted", ran ?? undefined);
  }
  if (attempt.start === null && ranAt !== null) {
    // It runs although no call is journalled: a journal from an old copy. What runs is not run again.
    return { ...attempt, start: unknownStart(now), started: startedMoment(ranAt, null, now) };
  }
  return attempt;
}

/** A container of ours of which the journal knows nothing, because the journal it was written in is lost. */
export function adoptContainer(facts: ContainerFacts, labels: OwnLabels, now: Moment): Attempt {
  const ranAt = facts.startedAtPodman;
  const sameBoot = labels.bootId === now.bootId;
  const started =
    ranAt === null ? null : sameBoot ? startedMoment(ranAt, null, now) : earlierBoot(labels.bootId, ranAt);
  const attempt: Attempt = {
    ref: labels.ref,
    category: labels.category,
    terms: labels.terms,
    gpus: labels.gpus,
    cores: labels.cores,
    folder: labels.folder,
    outputFolder: labels.outputFolder,
    // Nothing says when the gateway was last heard: the start is the latest time that is certain.
    acceptedAt: started ?? now,
    imageDigest: facts.imageDigest,
    go: null,
    start: sameBoot ? unknownStart(now) : null,
    started,
    startedAcked: false,
    extended: null,
    suspension: null,
    cause: null,
    termAt: null,
    outcome: null,
    outputDue: null,
    epilogDue: true,
    settled: "no",
  };
  return sameBoot ? attempt : wasLost(attempt, now, "machine_restarted", started === null ? undefined : 0);
}

/** It was settled under this journal; only its removal was not seen. */
export function isLeftover(labels: OwnLabels, generation: string, known: ReadonlySet<string>): boolean {
  return labels.generation === generation && !known.has(refName(labels.ref));
}

/** A start of the process before may still be on its way for as long as such a call lasts. */
function unknownStart(now: Moment): Attempt["start"] {
  return { calledAt: now, startMs: DEFAULT_TIMES.startMs, service: null, calls: 0, answer: "unknown" };
}

function earlierBoot(bootId: string, startedAtPodman: number): Moment {
  return { bootId, uptimeMs: 0, nowMs: startedAtPodman };
}

/** What is certain of a run that a reboot cut off: it ran, unless it was paused, until the runner last heard the gateway. */
function ranBefore({ started, suspension }: Attempt, lastHeard: Moment | null): number | null {
  const since = suspension?.since ?? started;
  if (since === null) {
    return null;
  }
  const before = suspension?.ranMs ?? 0;
  const isOver = suspension?.paused === true || lastHeard === null;
  return Math.round(before + (isOver ? 0 : Math.max(0, lastHeard.nowMs - since.nowMs)));
}
