/** Jobs on disk. Only columns that differ are written: an index costs a row for each of its columns that is set. */
import type { JobPlan } from "../../shared/plan.ts";
import { columnsOf, type Key, laneOf, laterOf, number, text } from "./columns.ts";
import type { Job } from "./job.ts";
import { JobMemory } from "./job-memory.ts";
import { Lanes } from "./lanes.ts";
import type { Row, Sql } from "./ports.ts";
import { Soonest } from "./soonest.ts";

const SELECT = "SELECT record FROM job";

export class JobStore {
  readonly lanes: Lanes;
  readonly #sql: Sql;
  readonly #memory = new JobMemory();
  /** When an offer may lapse. Answered ones count on until the alarm: a moment too early is only looked at in vain. */
  readonly #deadline = new Soonest(() => this.#soonest("deadline", "runner"));
  /** When UCloud is to be told something, and when a job that is held or that waits out a pause is looked at. */
  readonly #due = new Soonest(() => this.#soonest("due"));
  readonly #later = new Soonest(() => this.#soonest("later"));

  constructor(sql: Sql) {
    this.#sql = sql;
    this.lanes = new Lanes(sql);
  }

  insert(job: Job, plan: JobPlan | null): void {
    const columns = { id: job.id, incarnation: job.incarnation, ...columnsOf(job), plan: plan && JSON.stringify(plan) };
    this.#noteMoments(null, job);
    this.lanes.came(laneOf(job), job);
    this.#memory.keep(job);
    const names = Object.keys(columns);
    const marks = names.map(() => "?").join(", ");
    this.#sql.rows(`INSERT INTO job (${names.join(", ")}) VALUES (${marks})`, ...Object.values(columns));
  }

  /** The plan goes with the job's end; the tail comes with it. */
  update(before: Job, after: Job, tail: string | null = null): void {
    const old = columnsOf(before);
    const changed = Object.entries(columnsOf(after)).filter(([name, value]) => old[name] !== value);
    if (changed.length === 0) {
      return;
    }
    this.#noteMoments(before, after);
    this.lanes.changed(laneOf(before));
    this.lanes.changed(laneOf(after));
    this.#memory.keep(after);
    if (tail !== null) {
      changed.push(["tail", tail]);
    }
    const erase = after.place.state === "done" && before.place.state !== "done" ? ", plan = NULL" : "";
    const sets = changed.map(([name]) => `${name} = ?`).join(", ");
    const values = changed.map(([, value]) => value);
    this.#sql.rows(
      `UPDATE job SET ${sets}${erase} WHERE id = ? AND incarnation = ?`,
      ...values,
      after.id,
      after.incarnation,
    );
  }

  remove(job: Job): void {
    const { id, incarnation } = job;
    this.#noteMoments(job, null);
    this.lanes.changed(laneOf(job));
    this.#memory.drop(job);
    this.#sql.rows("DELETE FROM job WHERE id = ? AND incarnation = ?", id, incarnation);
    this.#sql.rows("DELETE FROM watch WHERE id = ? AND incarnation = ?", id, incarnation);
  }

  get(key: Key): Job | null {
    const { id, incarnation } = key;
    return this.#memory.get(key) ?? this.#one(`${SELECT} WHERE id = ? AND incarnation = ?`, id, incarnation);
  }

  /** The incarnation that calls about `id` mean. */
  live(id: string): Job | null {
    return this.#memory.live(id) ?? this.#one(`${SELECT} WHERE id = ? AND mute = 0`, id);
  }

  /** All incarnations, the newest first. */
  incarnations(id: string, limit: number): Job[] {
    return this.#all(`${SELECT} WHERE id = ? ORDER BY mute, accepted_at DESC LIMIT ?`, id, limit);
  }

  plan({ id, incarnation }: Key): JobPlan | null {
    const row = this.#sql.rows("SELECT plan FROM job WHERE id = ? AND incarnation = ?", id, incarnation)[0];
    // Our own words, written by `insert` from a parsed plan.
    return row?.plan ? (JSON.parse(text(row, "plan")) as JobPlan) : null;
  }

  /** The last bytes of an ended job's output, base64. */
  tail({ id, incarnation }: Key): string | null {
    const row = this.#sql.rows("SELECT tail FROM job WHERE id = ? AND incarnation = ?", id, incarnation)[0];
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
    return number(this.#sql.rows(query)[0] ?? {}, "n");
  }

  runnersWithJobs(): string[] {
    return this.#sql.rows("SELECT DISTINCT runner FROM job WHERE runner IS NOT NULL").map((row) => text(row, "runner"));
  }

  /** Offers that nobody answered. Looked for among all that are active only when there may be one. */
  lapsed(nowMs: number): Job[] {
    const deadlineMs = this.#deadline.get();
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
    this.forgetDeadline();
    this.#due.forget();
    this.#later.forget();
    this.lanes.forget();
  }

  /** Offers that were answered meanwhile are to count no more. */
  forgetDeadline(): void {
    this.#deadline.forget();
  }

  #noteMoments(before: Job | null, after: Job | null): void {
    this.#due.changed(before?.telling.dueMs ?? null, after?.telling.dueMs ?? null);
    this.#later.changed(before && laterOf(before), after && laterOf(after));
    if (after?.place.state === "offered") {
      this.#deadline.changed(null, after.place.untilMs);
    }
  }

  /** The next moments at which UCloud is to be told something, and at which something else is to be done. */
  next(): { dueMs: number | null; otherMs: number | null } {
    const others = [this.#later.get(), this.#deadline.get()].filter((value) => value !== null);
    return { dueMs: this.#due.get(), otherMs: others.length === 0 ? null : Math.min(...others) };
  }

  /** `index`: a column that is set in all rows that are looked at. */
  #soonest(column: "due" | "later" | "deadline", index: string = column): number | null {
    const row = this.#sql.rows(`SELECT MIN(${column}) AS soonest FROM job WHERE ${index} IS NOT NULL`)[0];
    return typeof row?.soonest === "number" ? row.soonest : null;
  }

  /** At most `limit` waiting jobs are counted. */
  waiting(limit: number): number {
    const query = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM job WHERE state = 'queued' AND later IS NULL LIMIT ?)";
    return number(this.#sql.rows(query, limit)[0] ?? {}, "n");
  }

  removeEndedBefore(endedMs: number, limit: number): Job[] {
    const old = this.#all(`${SELECT} WHERE state = 'done' AND due IS NULL AND ended_at <= ? LIMIT ?`, endedMs, limit);
    for (const job of old) {
      this.remove(job);
    }
    return old;
  }

  oldestEndMs(): number | null {
    const row = this.#sql.rows("SELECT MIN(ended_at) AS ended FROM job WHERE state = 'done'")[0];
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
    const rows = this.#sql.rows("SELECT state, COUNT(*) AS n FROM job WHERE mute = 0 GROUP BY state");
    return new Map(rows.map((row) => [text(row, "state"), number(row, "n")]));
  }

  countUntold(): number {
    return number(this.#sql.rows("SELECT COUNT(*) AS n FROM job WHERE due IS NOT NULL")[0] ?? {}, "n");
  }

  #one(query: string, ...bindings: string[]): Job | null {
    const [job = null] = this.#all(query, ...bindings);
    if (job !== null) {
      this.#memory.keep(job);
    }
    return job;
  }

  #all(query: string, ...bindings: (string | number)[]): Job[] {
    return this.#sql.rows(query, ...bindings).map(toJob);
  }
}

/** Our own words, written by `columnsOf`. */
function toJob(row: Row): Job {
  return JSON.parse(text(row, "record")) as Job;
}
