/** The queue itself, for whoever holds it: the Durable Object, or the simulation. Each method is one turn. */

import { encodeFrame } from "../../shared/codec.ts";
import { askBeforeRefusing, tellUse } from "./account.ts";
import type {
  ChangeAnswer,
  CreateAnswer,
  Extension,
  JobAnswer,
  JobDetail,
  JobIdentity,
  JobSummary,
  JobVerb,
  NewJob,
  OpenJob,
  Pasted,
  QueueCopy,
  QueueSummary,
  RunnerIdentity,
  Standing,
  Termination,
  Watched,
} from "./api.ts";
import type { Key } from "./columns.ts";
import { pasteCopy } from "./copy.ts";
import { closeOlderKeys, dropRunner, isOutdated, reinstateRunner } from "./enrolment.ts";
import { extendJobs } from "./extension.ts";
import { takeMessage } from "./inbound.ts";
import { cancelJob, createJobs, noteAnswered, releaseHold, terminateJobs } from "./intake.ts";
import type { At } from "./job.ts";
import { decideJob } from "./job-verbs.ts";
import { hearUcloud } from "./outage.ts";
import type { Line, QueuePorts } from "./ports.ts";
import { judgeOpen, reconcile, reconcileNow } from "./reconcile.ts";
import { reportSnapshot } from "./reporting.ts";
import { noteRestored } from "./restored.ts";
import { closeRevoked, revokeRunner } from "./revocation.ts";
import { challenge, loseLine, openBadge } from "./sessions.ts";
import { closeLost, dismissRunner, heedStanding } from "./standing.ts";
import { QueueState } from "./state.ts";
import { suspendJobs } from "./suspension.ts";
import { sweep } from "./sweep.ts";
import { tellUcloud } from "./tell.ts";
import { summarize, viewJob, viewQueue } from "./views.ts";
import { watchJob } from "./watches.ts";

/** UCloud's patience with a create is 5 s, and this is asked within. */
export const ASK_FUNDS_MS = 2_000;
/** After an alarm that failed, for example because the disk takes no writes. */
const AFTER_TROUBLE_MS = 30_000;

export class Queue {
  readonly state: QueueState;

  constructor(ports: QueuePorts) {
    this.state = new QueueState(ports);
  }

  create(jobs: NewJob[], hold: string | null): CreateAnswer {
    return this.#askedByUcloud((at) => createJobs(this.state, jobs, hold, at));
  }

  /** To be awaited before a create: a workspace that has got funds meanwhile is not refused. Null: nothing to await. */
  askFunds(workspaces: string[]): Promise<void> | null {
    return askBeforeRefusing(this.state, workspaces);
  }

  release(hold: string): boolean {
    return this.state.turn(() => releaseHold(this.state, hold));
  }

  answered(jobs: JobIdentity[]): void {
    this.#askedByUcloud((at) => noteAnswered(this.state, jobs, at));
  }

  terminate(jobs: Termination[]): void {
    this.#askedByUcloud((at) => terminateJobs(this.state, jobs, at));
  }

  extend(jobs: Extension[]): ChangeAnswer {
    return this.state.turn((at) => extendJobs(this.state, jobs, at));
  }

  suspend(jobs: JobIdentity[], wanted: boolean): ChangeAnswer {
    return this.state.turn((at) => suspendJobs(this.state, jobs, wanted, at));
  }

  cancel(id: string, reason: string): JobSummary | null {
    const job = this.state.turn((at) => cancelJob(this.state, id, reason, at));
    return job === null ? null : summarize(this.state, job);
  }

  decide(id: string, verb: JobVerb, reason: string): JobAnswer {
    const decided = this.state.turn((at) => decideJob(this.state, id, { verb, reason }, at));
    return typeof decided === "string" ? { kind: decided } : { kind: "changed", job: summarize(this.state, decided) };
  }

  /** Null: nothing is held back any more. */
  pause(pause: { reason: string | null; by: string } | null): QueueSummary {
    this.state.turn(({ nowMs }) => {
      const { settings } = this.state;
      const since = settings.get().paused?.since ?? nowMs;
      settings.set({ paused: pause && { ...pause, since } });
    });
    return viewQueue(this.state);
  }

  /** An administrator's word that it was put back to an earlier moment. */
  restored(given: { reason: string | null; by: string }): QueueSummary {
    this.state.turn((at) => noteRestored(this.state, given, at));
    return viewQueue(this.state);
  }

  paste(copy: QueueCopy, by: string): Pasted | null {
    return this.state.turn((at) => pasteCopy(this.state, copy, by, at));
  }

  /** What is held goes on, by an administrator's word; done by the alarm. */
  reconcileNow(): QueueSummary {
    this.state.turn((at) => reconcileNow(this.state, at));
    return viewQueue(this.state);
  }

  /** The older UCloud shows what it has open. */
  verify(jobs: OpenJob[]): void {
    this.#askedByUcloud((at) => {
      for (const theirs of jobs) {
        judgeOpen(this.state, theirs, at);
      }
    });
  }

  job(id: string): JobDetail | null {
    return viewJob(this.state, id);
  }

  watch(key: Key, dial: boolean): Watched | null {
    return this.state.turn(() => watchJob(this.state, key, dial));
  }

  unwatch(key: Key): void {
    this.state.turn(() => this.state.watches.remove(key));
  }

  isRevoked(runner: string): boolean {
    return this.state.runners.isRevoked(runner);
  }

  /** Its key is not the one that it enrolled with last. */
  isOutdated(runner: RunnerIdentity): boolean {
    return isOutdated(runner, this.state.runners.get(runner.id));
  }

  revoke(runner: string, reason = "", enrolledAt?: number): void {
    this.state.turn((at) => revokeRunner(this.state, runner, { reason, enrolledAt }, at));
    closeRevoked(this.state, runner);
  }

  reinstate(runner: string, enrolledAt?: number): void {
    this.state.turn(() => reinstateRunner(this.state, runner, enrolledAt));
  }

  drop(runner: string, enrolledAt: number): void {
    this.state.turn((at) => dropRunner(this.state, runner, enrolledAt, at));
    closeOlderKeys(this.state, runner, enrolledAt);
  }

  heed(runner: string, standing: Standing): void {
    if (this.state.turn((at) => heedStanding(this.state, runner, standing, at))) {
      closeLost(this.state, runner);
    }
  }

  dismiss(runner: string): void {
    this.state.turn((at) => dismissRunner(this.state, runner, at));
    closeRevoked(this.state, runner);
  }

  /** A socket was accepted for a runner that the Worker has checked; it proves its key on the open line. */
  open(line: Line, runner: RunnerIdentity): void {
    const badge = openBadge(runner, this.state);
    line.setBadge(badge);
    line.send(encodeFrame(challenge(badge)));
    this.state.arm();
  }

  async message(line: Line, message: unknown): Promise<void> {
    await takeMessage(this.state, line, message);
  }

  closed(line: Line): void {
    this.state.turn((at) => loseLine(this.state, line, at));
  }

  /** `scheduledMs`: when it was to come. Never throws: the platform drops an alarm that failed six times. */
  async alarm(scheduledMs: number | null = null): Promise<void> {
    const { state } = this;
    const startMs = state.ports.nowMs();
    state.isInAlarm = true;
    state.alarmFired();
    state.reporting.lateMs = scheduledMs === null ? 0 : Math.max(0, startMs - scheduledMs);
    try {
      state.turn((at) => sweep(state, at));
      const requests = await tellUcloud(state);
      await tellUse(state);
      await reconcile(state);
      reportSnapshot(state);
      if (requests > 0) {
        const { category, nowMs } = state.ports;
        state.ports.event("alarm", { category, requests, lateMs: state.reporting.lateMs, ms: nowMs() - startMs });
      }
      state.isInAlarm = false;
      state.arm();
    } catch (error) {
      state.ports.event("alarm.failed", { error: error instanceof Error ? error.name : "unknown" });
      state.ports.setAlarm(state.ports.nowMs() + AFTER_TROUBLE_MS);
    } finally {
      state.isInAlarm = false;
    }
  }

  #askedByUcloud<T>(work: (at: At) => T): T {
    return this.state.turn((at) => {
      hearUcloud(this.state, at);
      return work(at);
    });
  }
}
