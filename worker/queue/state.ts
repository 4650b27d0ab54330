/**
 * The queue between two events: its tables, what it remembers while it is in memory, and the turn, in which everything
 * is read, decided and written at once. Frames leave after the writes that they speak of; of a turn that failed nothing
 * leaves, so a refused write is never an acknowledgement.
 */
import type { UsageRun } from "./account.ts";
import { nextAlarmMs } from "./alarm-time.ts";
import { isWelcomed, type Welcomed } from "./badge.ts";
import { type Key, laneOf } from "./columns.ts";
import { DayMeter } from "./day-meter.ts";
import { lapseOffers, offerJobs } from "./dispatch.ts";
import { HeldStore } from "./held.ts";
import { askHolds, type Holds } from "./holds.ts";
import { type At, isActive, isDone, type Job, type Sent, type Step } from "./job.ts";
import { jobFields } from "./job-event.ts";
import { JobStore } from "./job-store.ts";
import { migrate } from "./migrations.ts";
import { Outbox } from "./outbox.ts";
import type { Line, QueuePorts } from "./ports.ts";
import type { Comparison } from "./reconcile.ts";
import { Reporting } from "./reporting.ts";
import { RunnerStore } from "./runner-store.ts";
import { SettingsStore } from "./settings.ts";
import { confirm, settleTelling } from "./telling.ts";
import { noteUse } from "./usage.ts";
import { UsageStore } from "./usage-store.ts";
import { planWaiting } from "./waiting.ts";
import { isNews, WatchStore } from "./watches.ts";

/** Creates whose answer has left and whose row was not written since; beyond it the row is written at once. */
const MAX_ANSWERED = 10_000;

export class QueueState {
  readonly ports: QueuePorts;
  readonly jobs: JobStore;
  readonly runners: RunnerStore;
  readonly settings: SettingsStore;
  readonly watches: WatchStore;
  readonly usage: UsageStore;
  readonly held: HeldStore;
  readonly reporting: Reporting;
  /** Runners that refused as busy: no offers until they report. */
  readonly busy = new Set<string>();
  /** What was in use until this turn. */
  readonly givenBack: { workspace: string; cpu: number; lane: string }[] = [];
  holds: Holds = { wanted: null, offered: new Set() };
  /** When each runner's last frame came. */
  readonly lastFrameMs = new Map<string, number>();
  /** When silence is looked at next; null: to be found out. */
  silenceCheckMs: number | null = null;
  /** When offers are looked at again although nothing else happens; null: only time cannot help what waits. */
  offerAgainMs: number | null = null;
  /** When waiting jobs are looked at next, for their users; null: nothing waits, or it is to be found out. */
  waitingCheckMs: number | null = null;
  /** When they were looked at: that turn itself is no news. */
  waitingCheckedMs = 0;
  /** The telling of use that is under way. */
  usageRun: UsageRun | null = null;
  /** Our jobs against UCloud's, under way. */
  comparison: Comparison | null = null;
  /** Set while the alarm runs: it sets the next one when it ends. */
  isInAlarm = false;
  #armedMs: number | null = null;
  readonly outbox = new Outbox();
  readonly #answeredAtMs = new Map<string, number>();

  constructor(given: QueuePorts) {
    this.reporting = new Reporting(given.sql);
    const { sql } = this.reporting;
    migrate({ ...given, sql });
    this.reporting.begin();
    this.jobs = new JobStore(sql);
    this.ports = { ...given, sql: this.jobs.sql };
    this.runners = new RunnerStore(sql);
    this.settings = new SettingsStore(sql, new DayMeter(given));
    this.watches = new WatchStore(sql);
    this.usage = new UsageStore(sql);
    this.held = new HeldStore(sql);
  }

  at(): At {
    return { nowMs: this.ports.nowMs(), times: this.ports.times };
  }

  /** Reads, decides and writes in one transaction; then offers, the alarm and the frames. */
  turn<T>(work: (at: At) => T): T {
    this.outbox.clear();
    this.givenBack.length = 0;
    try {
      const result = this.ports.transaction(() => {
        const at = this.at();
        const done = work(at);
        lapseOffers(this, at);
        offerJobs(this, at);
        planWaiting(this, at);
        this.settings.noteUse();
        this.arm();
        this.jobs.write();
        return done;
      });
      this.outbox.flush(this);
      askHolds(this);
      return result;
    } catch (error) {
      this.outbox.clear();
      this.#armedMs = null;
      this.settings.forget();
      this.watches.forget();
      this.jobs.forget();
      this.runners.forget();
      this.usage.forget();
      this.waitingCheckMs = null;
      throw error;
    }
  }

  /** `tail`: the last bytes of the output of a job that ends, base64. */
  save(before: Job, after: Job, tail: string | null = null): void {
    if (before === after) {
      return;
    }
    const settled = this.#settled(after);
    this.jobs.update(before, settled, tail);
    if (this.watches.nonce(after) !== null && isNews(before, settled)) {
      this.outbox.noteNews(after, false);
    }
    noteUse(this, before, after);
    if (isActive(before.place) && isDone(after)) {
      const { workspace, terms } = before;
      this.givenBack.push({ workspace, cpu: terms.resources.cpu, lane: laneOf(before) });
    }
    if (isDone(after)) {
      this.notePurge();
    }
    if (isDone(after) && !isDone(before)) {
      this.outbox.event("job_ended", jobFields(settled, this.ports.category));
    }
  }

  /** A job has ended: one day its row is removed. */
  notePurge(): void {
    if (this.settings.get().purgeAtMs === null) {
      this.settings.set({ purgeAtMs: this.ports.nowMs() + this.ports.times.keepMs });
    }
  }

  /** There is a job to be compared with UCloud's. */
  noteOpen({ nowMs, times }: At): void {
    const { reconcileAtMs, purgeAtMs, usageAtMs, usageSinceMs } = this.settings.get();
    if (reconcileAtMs !== null) {
      return;
    }
    // What its start and its end would write, in the same row: too early does no harm.
    const isCharged = this.ports.accounting.mode !== "none" && usageAtMs === null;
    this.settings.set({
      reconcileAtMs: nowMs + times.reconcileMs,
      purgeAtMs: purgeAtMs ?? nowMs + times.keepMs,
      usageAtMs: isCharged ? nowMs + times.usageMs : usageAtMs,
      usageSinceMs: isCharged ? nowMs : usageSinceMs,
    });
  }

  take(before: Job, step: Step): void {
    this.save(before, step.job);
    this.send(...step.send);
  }

  settledForInsert(job: Job): Job {
    return settleTelling(job, this.at());
  }

  send(...sent: Sent[]): void {
    this.outbox.send(...sent);
  }

  /** The create's answer has left. Kept in memory: a lost word costs one question to UCloud. */
  noteAnswered(key: Key, atMs: number): boolean {
    if (this.#answeredAtMs.size >= MAX_ANSWERED) {
      return false;
    }
    this.#answeredAtMs.set(`${key.id} ${key.incarnation}`, atMs);
    return true;
  }

  /** Kept in memory and not yet in the row. */
  isAnswered({ id, incarnation }: Key): boolean {
    return this.#answeredAtMs.has(`${id} ${incarnation}`);
  }

  /** The socket of the runner's newest session. */
  lineOf(runner: string): { line: Line; badge: Welcomed } | null {
    let best: { line: Line; badge: Welcomed } | null = null;
    for (const line of this.ports.lines(runner)) {
      const badge = line.badge();
      if (isWelcomed(badge) && badge.hello.session >= (best?.badge.hello.session ?? 0)) {
        best = { line, badge };
      }
    }
    return best;
  }

  /** Moves the alarm to the next thing to do, unless it comes earlier anyway: moving it costs a row. */
  arm(): void {
    if (this.isInAlarm) {
      return;
    }
    const nextMs = nextAlarmMs(this);
    if (nextMs !== null && (this.#armedMs === null || nextMs < this.#armedMs)) {
      this.ports.setAlarm(nextMs);
      this.#armedMs = nextMs;
    }
  }

  alarmFired(): void {
    this.#armedMs = null;
    this.jobs.forgetDeadline();
  }

  #settled(job: Job): Job {
    const key = `${job.id} ${job.incarnation}`;
    const answeredAtMs = this.#answeredAtMs.get(key);
    const at = this.at();
    if (answeredAtMs === undefined) {
      return settleTelling(job, at);
    }
    this.#answeredAtMs.delete(key);
    return settleTelling(confirm(job, { ...at, nowMs: answeredAtMs }), at);
  }
}
