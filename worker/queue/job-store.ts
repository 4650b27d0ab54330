/** The queue's jobs: on disk, but for those that came in this turn, and in memory where they were needed a moment ago. */
import type { JobPlan } from "../../shared/plan.ts";
import { type Key, laneOf, number, text } from "./columns.ts";
import { FreshJobs } from "./fresh-jobs.ts";
import type { Job } from "./job.ts";
import { JobMemory } from "./job-memory.ts";
import { JobMoments } from "./job-moments.ts";
import { insertRow, updateRow } from "./job-rows.ts";
import { Lanes } from "./lanes.ts";
import type { Row, Sql } from "./ports.ts";

const SELECT = "SELECT record FROM job";

export class JobStore {
  readonly lanes: Lanes;
  /** For whatever is asked about jobs. */
  readonly sql: Sql;
  /** For what is asked about jobs at machines: those that only wait need not be written for it. */
  readonly sqlOfActive: Sql;
  readonly #disk: Sql;
  readonly #fresh = new FreshJobs();
  readonly #memory = new JobMemory();
  readonly #moments: JobMoments;

  constructor(disk: Sql) {
    this.#disk = disk;
    this.sql = asking(disk, () => this.write());
    this.sqlOfActive = asking(disk, () => {
      if (this.#fresh.hasActive()) {
        this.write();
      }
    });
    this.lanes = new Lanes(this.sql);
    this.#moments = new JobMoments(this);
  }

  insert(job: Job, plan: JobPlan | null): void {
    this.#moments.changed(null, job);
    this.lanes.comes(job);
    this.#memory.keep(job);
    if (plan === null) {
      this.write();
      insertRow(this.#disk, job, null);
    } else {
      this.#fresh.add(job, plan);
    }
  }

  /** What came in this turn. */
  write(): void {
    for (const { job, plan } of this.#fresh.take()) {
      insertRow(this.#disk, job, plan);
    }
  }

  /** `tail`: the last bytes of the output of a job that ends, base64. */
  update(before: Job, after: Job, tail: string | null = null): void {
    this.#moments.changed(before, after);
    this.lanes.changed(laneOf(before));
    this.lanes.changed(laneOf(after));
    this.#memory.keep(after);
    if (tail !== null || !this.#fresh.became(after)) {
      updateRow(this.sql, before, after, tail);
    }
  }

  remove(job: Job): void {
    const { id, incarnation } = job;
    this.#moments.changed(job, null);
    this.lanes.changed(laneOf(job));
    this.#memory.drop(job);
    this.sql.rows("DELETE FROM job WHERE id = ? AND incarnation = ?", id, incarnation);
    this.sql.rows("DELETE FROM watch WHERE id = ? AND incarnation = ?", id, incarnation);
  }

  get(key: Key): Job | null {
    const { id, incarnation } = key;
    const known = this.#memory.get(key) ?? this.#fresh.get(key)?.job;
    return known ?? this.#one(`${SELECT} WHERE id = ? AND incarnation = ?`, id, incarnation);
  }

  /** The incarnation that calls about `id` mean. */
  live(id: string): Job | null {
    const known = this.#memory.live(id) ?? this.#fresh.live(id);
    return known ?? this.#one(`${SELECT} WHERE id = ? AND mute = 0`, id);
  }

  /** All incarnations, the newest first. */
  incarnations(id: string, limit: number): Job[] {
    return this.#all(`${SELECT} WHERE id = ? ORDER BY mute, accepted_at DESC LIMIT ?`, id, limit);
  }

  plan(key: Key): JobPlan | null {
    const fresh = this.#fresh.get(key);
    if (fresh !== null) {
      return fresh.plan;
    }
    const { id, incarnation } = key;
    const row = this.#disk.rows("SELECT plan FROM job WHERE id = ? AND incarnation = ?", id, incarnation)[0];
    // Our own words, written by `insert` from a parsed plan.
    return row?.plan ? (JSON.parse(text(row, "plan")) as JobPlan) : null;
  }

  /** The last bytes of an ended job's output, base64. */
  tail({ id, incarnation }: Key): string | null {
    const row = this.sql.rows("SELECT tail FROM job WHERE id = ? AND incarnation = ?", id, incarnation)[0];
    return row?.tail ? text(row, "tail") : null;
  }

  /** Offered, claimed, starting or running at `runner`. */
  heldBy(runner: string): Job[] {
    return this.#all(`${SELECT} WHERE runner = ?`, runner);
  }

  /** Started, and not known to have ended. */
  runningNow(): Job[] {
    return this.#all(`${SELECT} WHERE runner IS NOT NULL AND state = 'running'`);
  }

  /** Offered to running, at any runner. */
  allActive(): Job[] {
    return this.#all(`${SELECT} WHERE runner IS NOT NULL`);
  }

  /** With a start that was granted. */
  countGranted(): number {
    const query = "SELECT COUNT(*) AS n FROM job WHERE runner IS NOT NULL AND state IN ('starting', 'running')";
    return number(this.sql.rows(query)[0] ?? {}, "n");
  }

  runnersWithJobs(): string[] {
    return this.sql.rows("SELECT DISTINCT runner FROM job WHERE runner IS NOT NULL").map((row) => text(row, "runner"));
  }

  /** Offers that nobody answered. Looked for among all that are active only when there may be one. */
  lapsed(nowMs: number): Job[] {
    const deadlineMs = this.#moments.deadlineMs();
    if (deadlineMs === null || deadlineMs > nowMs) {
      return [];
    }
    this.forgetDeadline();
    return this.#all(`${SELECT} WHERE runner IS NOT NULL AND deadline <= ?`, nowMs);
  }

  /** Held too long, or waiting out the pause after a failed start. */
  afterPause(nowMs: number, limit: number): Job[] {
    return this.#all(`${SELECT} WHERE later IS NOT NULL AND later <= ? LIMIT ?`, nowMs, limit);
  }

  heldUnder(hold: string): Job[] {
    return this.#all(`${SELECT} WHERE later IS NOT NULL AND state = 'held' AND record ->> '$.place.hold' = ?`, hold);
  }

  /** Jobs with something to tell UCloud, the longest waiting first. */
  due(nowMs: number, limit: number): Job[] {
    return this.#all(`${SELECT} WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?`, nowMs, limit);
  }

  untold(limit: number): Job[] {
    return this.#all(`${SELECT} WHERE due IS NOT NULL ORDER BY due LIMIT ?`, limit);
  }

  /** A turn was undone: the disk knows better. */
  forget(): void {
    this.#memory.forget();
    this.#fresh.take();
    this.#moments.forget();
    this.lanes.forget();
  }

  /** Offers that were answered meanwhile are to count no more. */
  forgetDeadline(): void {
    this.#moments.forgetDeadline();
  }

  next(): { dueMs: number | null; otherMs: number | null } {
    return this.#moments.next();
  }

  /** At most `limit` waiting jobs are counted. */
  waiting(limit: number): number {
    const query = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM job WHERE state = 'queued' AND later IS NULL LIMIT ?)";
    const written = number(this.#disk.rows(query, limit)[0] ?? {}, "n");
    return Math.min(limit, written + this.#fresh.countWaiting());
  }

  removeEndedBefore(endedMs: number, limit: number): Job[] {
    const old = this.#all(`${SELECT} WHERE state = 'done' AND due IS NULL AND ended_at <= ? LIMIT ?`, endedMs, limit);
    for (const job of old) {
      this.remove(job);
    }
    return old;
  }

  oldestEndMs(): number | null {
    const row = this.sql.rows("SELECT MIN(ended_at) AS ended FROM job WHERE state = 'done'")[0];
    return typeof row?.ended === "number" ? row.ended : null;
  }

  page(after: string, limit: number): Job[] {
    return this.#all(`${SELECT} WHERE id > ? AND mute = 0 ORDER BY id LIMIT ?`, after, limit);
  }

  /** Those that are not at rest: not over, or with something to tell or to stop. All incarnations. */
  openAfter({ id, incarnation }: Key, untilMs: number, limit: number): Job[] {
    return this.#all(
      `${SELECT} WHERE (id, incarnation) > (?, ?) AND accepted_at <= ?
        AND (state <> 'done' OR due IS NOT NULL OR record ->> '$.place.owedBy' IS NOT NULL)
        ORDER BY id, incarnation LIMIT ?`,
      ...[id, incarnation, untilMs, limit],
    );
  }

  countByState(): Map<string, number> {
    const rows = this.sql.rows("SELECT state, COUNT(*) AS n FROM job WHERE mute = 0 GROUP BY state");
    return new Map(rows.map((row) => [text(row, "state"), number(row, "n")]));
  }

  countUntold(): number {
    return number(this.sql.rows("SELECT COUNT(*) AS n FROM job WHERE due IS NOT NULL")[0] ?? {}, "n");
  }

  /** Of those that are written. */
  #one(query: string, ...bindings: string[]): Job | null {
    const [job = null] = this.#disk.rows(query, ...bindings).map(toJob);
    if (job !== null) {
      this.#memory.keep(job);
    }
    return job;
  }

  #all(query: string, ...bindings: (string | number)[]): Job[] {
    return this.sql.rows(query, ...bindings).map(toJob);
  }
}

function asking(disk: Sql, before: () => void): Sql {
  return {
    rows: (query, ...bindings) => {
      before();
      return disk.rows(query, ...bindings);
    },
    databaseSize: () => disk.databaseSize(),
  };
}

/** Our own words, written by `columnsOf`. */
function toJob(row: Row): Job {
  return JSON.parse(text(row, "record")) as Job;
}
