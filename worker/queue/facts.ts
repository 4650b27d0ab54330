/**
 * What a runner says has happened to an attempt that it holds. The fact of a job that is over changes nothing; `forget`
 * is the answer that lets the runner drop everything.
 */
import type { Exited, Fact } from "../../shared/protocol.ts";
import { end } from "./ending.ts";
import { takeExtended } from "./extension.ts";
import { failStart } from "./failed-start.ts";
import { type At, isActive, type Job, refOf, type Sent } from "./job.ts";
import { noteOutputFolder } from "./output-folder.ts";
import { takeSuspension } from "./suspension.ts";
import { note } from "./timeline.ts";
import { cancelText, endOf, NEVER_RAN_TEXT, resultsText } from "./words.ts";

export type Taken = { job: Job; answer: "ack" | "forget"; send: Sent[] };

/** `job` is the row of exactly that incarnation and attempt, and `runner` the one that it names or once named. */
export function takeFact(job: Job, runner: { id: string; name: string }, fact: Fact, at: At): Taken {
  if (!isActive(job.place) || job.place.runner !== runner.id) {
    return { job: settleDebt(job, runner.id), answer: "forget", send: [] };
  }
  switch (fact.kind) {
    case "started":
      return takeStarted(job, job.place.runner, fact, at);
    case "exited":
      return { job: takeExited(job, fact, runner.name, at), answer: "ack", send: [] };
    case "not-started":
      return { job: takeNotStarted(job, fact.failure, at), answer: "ack", send: [] };
    case "extended":
      return { job: takeExtended(job, fact.wallMs), answer: "ack", send: [] };
    case "suspended":
    case "resumed":
      return { job: takeSuspension(job, fact, at), answer: "ack", send: [] };
    default:
      return fact satisfies never;
  }
}

function takeStarted(known: Job, runner: string, fact: Extract<Fact, { kind: "started" }>, at: At): Taken {
  const job = noteOutputFolder(known, fact.outputFolder);
  // A cancel that crossed the start on its way is said again.
  const again: Sent[] = job.cancelAsked ? [{ runner, frame: { type: "cancel", ref: refOf(job) } }] : [];
  if (job.place.state === "running") {
    return { job, answer: "ack", send: again };
  }
  return { job: startRunning(job, runner, at.nowMs - fact.agoMs, fact.imageDigest, at), answer: "ack", send: again };
}

/** A line that still waits is about what came before. */
export function startRunning(job: Job, runner: string, startedAtMs: number, digest: string | null, at: At): Job {
  const telling = { ...job.telling, line: null };
  const running: Job = { ...job, place: { state: "running", runner }, startedAtMs, telling };
  return note(running, at.nowMs, "running", digest ?? undefined);
}

/** The job ran if it is known for how long; then UCloud hears RUNNING before the end. */
function takeExited(job: Job, fact: Exited, machine: string, at: At): Job {
  const startedAtMs = job.startedAtMs ?? (fact.ranMs === null ? null : at.nowMs - fact.agoMs - fact.ranMs);
  const named = fact.disk === undefined ? fact.cause : "disk";
  const cause = fact.exitCode === null ? named : `${named}, exit code ${fact.exitCode}`;
  const seen = note({ ...job, startedAtMs, exitedAtMs: at.nowMs - fact.agoMs }, at.nowMs, "exited", cause);
  // The grace after the wall time is not charged.
  const usedMs = fact.cause === "expired" && fact.ranMs !== null ? Math.min(fact.ranMs, job.terms.wallMs) : fact.ranMs;
  const { outcome, text } = endOf({ ...fact, ranMs: usedMs }, job.cancelAsked);
  const { results } = fact;
  // The runner says how much longer, anew with each repeat.
  const untilMs = at.nowMs + (results?.keptMs ?? 0);
  return end(seen, { outcome, text: results ? `${text} ${resultsText(machine, results.folder, untilMs)}` : text }, at);
}

function takeNotStarted(job: Job, failure: Extract<Fact, { kind: "not-started" }>["failure"], at: At): Job {
  if (job.place.state !== "running") {
    return failStart(job, failure, at);
  }
  // It was seen to run: whatever the node says now, a second copy could overwrite the first one's output.
  return job.cancelAsked
    ? end(job, { outcome: "SUCCESS", text: cancelText(job.cancelAsked.reason) }, at)
    : end(job, { outcome: "FAILURE", text: NEVER_RAN_TEXT }, at);
}

/** The runner has answered for a job that it still had when the job was ended without it. */
export function settleDebt(job: Job, runner: string): Job {
  const { place } = job;
  return place.state === "done" && place.owedBy === runner ? { ...job, place: { ...place, owedBy: null } } : job;
}
