/**
 * What the researcher reads. A status line never contains program output: UCloud keeps it for ever and the whole
 * project reads it.
 */
import type { Exited } from "../../shared/protocol.ts";
import { cleanText, spelledGib, spelledMoment } from "../../shared/text.ts";
import type { Outcome, Terms } from "./job.ts";
import type { Obstacle } from "./obstacle.ts";

export const RUNNING_TEXT = "The job is now running!";
export const RESUMED_TEXT = "The job goes on.";
export const RESUMED_BY_LIMIT_TEXT = "The job was suspended for as long as its machine type allows and goes on.";
export const SUCCESS_TEXT = "The job has finished processing!";
export const SILENT_TEXT = "The machine that runs the job does not answer. The job goes on there as far as we know.";
export const BACK_TEXT = "The machine that runs the job answers again.";
export const LOST_TEXT = "The machine that ran the job has not answered for too long; the job was given up.";
export const REVOKED_TEXT = "The machine that ran the job was removed by the site.";
export const DROPPED_TEXT = "The machine that ran the job no longer serves this machine type; the job was ended there.";
export const UNKNOWN_ON_NODE_TEXT = "The machine that ran the job does not know it any more; how it ended is unknown.";
export const NEVER_RAN_TEXT = "The machine lost the job after its start was granted; it was not started again.";

export const FUNDS_TEXT =
  "The allocation of this workspace for this machine type is used up. The job will be stopped soon if there is no new one.";
export const FUNDS_BACK_TEXT = "The workspace has an allocation for this machine type again; the job goes on.";
/** Goes on from "The job was cancelled by the site: ". */
export const FUNDS_REASON = "the allocation of this workspace for this machine type is used up.";

export function revokedText(reason: string): string {
  return reason === "" ? REVOKED_TEXT : `${REVOKED_TEXT.slice(0, -1)}: ${cleanText(reason, 200)}`;
}

export function lostMachineText(reason: string): string {
  return `The machine that ran the job is lost: ${cleanText(reason, 200)}`;
}

export function failedBySiteText(reason: string): string {
  return `The job was ended by the site: ${cleanText(reason, 200)}`;
}

/** Whole minutes, rounded up. */
export function spelledMinutes(ms: number): string {
  const all = Math.ceil(ms / 60_000);
  const [hours, minutes] = [Math.floor(all / 60), all % 60];
  const parts = [...(hours > 0 ? [counted(hours, "hour")] : []), ...(minutes > 0 ? [counted(minutes, "minute")] : [])];
  return parts.length === 0 ? "0 minutes" : parts.join(" ");
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** To the minute, and below one to the second. */
function spelledTime(ms: number): string {
  return ms < 60_000 ? counted(Math.round(ms / 1_000), "second") : spelledMinutes(Math.round(ms / 60_000) * 60_000);
}

export function lateRunningText(startedAtMs: number, endsAtMs: number | null): string {
  const began = `The job began to run at ${spelledMoment(startedAtMs)}, and UCloud could not be told sooner.`;
  return endsAtMs === null ? began : `${began} It ends at ${spelledMoment(endsAtMs)} at the latest.`;
}

function expiredText(usedMs: number | null): string {
  const text = "The job has used up its time and was stopped";
  return usedMs === null ? `${text}.` : `${text}; it ran for ${spelledTime(usedMs)}.`;
}

export function suspendedText(maxMs: number): string {
  const most = spelledMinutes(maxMs);
  return `The job is suspended. It keeps its machine, and goes on by itself after ${most} at the latest.`;
}

export function extendedText(wallMs: number): string {
  return `The job's time was extended: it may run for ${spelledMinutes(wallMs)} in all.`;
}

const CLOSED_SENTENCES: Record<string, string> = {
  drain: "Waiting: the machines that could run this job are being drained and take no new jobs.",
  disk: "Waiting: the machines that could run this job are short of disk space and take no new jobs.",
  degraded: "Waiting: the machines that could run this job fail to start jobs; now and then one is tried again.",
};

const OBSTACLE_SENTENCES = {
  paused: "Waiting: the provider is paused and starts no new jobs at the moment.",
  none_connected: "Waiting: no machine is online at the moment.",
  none_has_drives: "Waiting: none of the machines that are online has the drives of this job's files.",
  none_has_network: "Waiting: none of the machines that are online can give this job its network at the moment.",
  none_big_enough: "Waiting: none of the machines that are online is big enough for this job.",
  silent: "Waiting: the machines that could run this job do not answer at the moment.",
  closed: "Waiting: the machines that could run this job take no new jobs at the moment.",
} as const;

/** `place`: among all jobs that wait, the oldest is 1. */
export function waitingText(obstacle: Obstacle | null, place: number, terms: Pick<Terms, "exclusive">): string {
  if (obstacle?.kind === "closed") {
    const sentence = CLOSED_SENTENCES[obstacle.code] ?? OBSTACLE_SENTENCES.closed;
    const { untilMs } = obstacle;
    return untilMs === null ? sentence : `${sentence.slice(0, -1)} until ${spelledMoment(untilMs)}.`;
  }
  if (obstacle?.kind === "closing") {
    const from = spelledMoment(obstacle.fromMs);
    return `Waiting: the machines that could run this job are drained from ${from}, before it would be over.`;
  }
  if (obstacle !== null) {
    return OBSTACLE_SENTENCES[obstacle.kind];
  }
  const machine = terms.exclusive ? "a machine without other jobs" : "a free machine";
  if (place === 1) {
    return `Waiting for ${machine}: this job is the next one.`;
  }
  const bound = [10, 100, 1000].find((most) => place <= most) ?? 1000;
  return `Waiting for ${machine}: this job is among the next ${bound}.`;
}

export function tooLongText(maxQueueMs: number): string {
  const hours = Math.floor(maxQueueMs / 3_600_000);
  const most = hours >= 48 ? ` (${Math.floor(hours / 24)} days)` : hours >= 2 ? ` (${hours} hours)` : "";
  return `The job has waited for a machine longer than is possible here${most} and was given up.`;
}

/** A date has four digits for its year. */
const LAST_DAY_MS = Date.UTC(9999, 11, 31);

/** The folder comes last: there it can be copied, and cut without loss of the rest. */
export function resultsText(machine: string, folder: string, untilMs: number): string {
  const until = new Date(Math.min(untilMs, LAST_DAY_MS)).toISOString().slice(0, 10);
  return `The job's files are on ${cleanText(machine, 64)} until ${until}, in ${cleanText(folder)}`;
}

/** Linux has no higher one: `exit 255` is no death by a signal. */
const MAX_SIGNAL = 64;

const LOST_SENTENCES: Record<NonNullable<Exited["reason"]>, string> = {
  machine_restarted: "The machine was restarted while the job was on it.",
  supervisor_killed: "The job's supervisor on the machine was killed; the exit code is unknown.",
  vanished: "The job was removed by something else on the machine.",
  revoked: REVOKED_TEXT,
  never_started: NEVER_RAN_TEXT,
};

export function cancelText(reason: string | null): string {
  return reason === null ? "The job was cancelled." : `The job was cancelled by the site: ${cleanText(reason, 200)}`;
}

export function cancelSilentText(reason: string | null): string {
  return `${cancelText(reason)} The machine does not answer; it stops the job as soon as it is back.`;
}

/** The outcome and its sentence for what the node reports; `cancel` is what was asked for, if anything. */
export function endOf(fact: Exited, cancel: { reason: string | null } | null): { outcome: Outcome; text: string } {
  switch (fact.cause) {
    case "cancelled":
      return { outcome: "SUCCESS", text: cancelText(cancel?.reason ?? null) };
    case "expired":
      return { outcome: "EXPIRED", text: expiredText(fact.ranMs) };
    case "silence":
      return {
        outcome: "FAILURE",
        text: "The machine had lost its connection for too long and stopped the job.",
      };
    case "lost":
      return cancel
        ? { outcome: "SUCCESS", text: cancelText(cancel.reason) }
        : { outcome: "FAILURE", text: LOST_SENTENCES[fact.reason ?? "vanished"] };
    case "exit":
      return exitOf(fact);
    default:
      return fact.cause satisfies never;
  }
}

function diskText({ usedBytes, limitBytes }: NonNullable<Exited["disk"]>): string {
  return limitBytes === null
    ? `The machine was running out of disk space, and this job had written most: ${spelledGib(usedBytes)}. It was stopped.`
    : `The job used ${spelledGib(usedBytes)} of ${spelledGib(limitBytes)} of disk space and was stopped.`;
}

function exitOf(fact: Exited): { outcome: Outcome; text: string } {
  if (fact.disk !== undefined) {
    return { outcome: "FAILURE", text: diskText(fact.disk) };
  }
  if (fact.oom) {
    return { outcome: "FAILURE", text: "The job needed more memory than its machine type has and was ended." };
  }
  if (fact.exitCode === 0) {
    return { outcome: "SUCCESS", text: SUCCESS_TEXT };
  }
  if (fact.exitCode === null) {
    return { outcome: "FAILURE", text: "The job ended; its exit code is unknown." };
  }
  const signal = fact.exitCode - 128;
  if (signal >= 1 && signal <= MAX_SIGNAL) {
    return { outcome: "FAILURE", text: `The job was ended by signal ${signal} or with exit code ${fact.exitCode}.` };
  }
  return { outcome: "FAILURE", text: `The job ended with exit code ${fact.exitCode}.` };
}
