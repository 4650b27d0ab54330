/**
 * Jobs whose log somebody looks at. The queue knows who has the log and when the job is over; the bytes themselves never
 * pass through it. A job's relay asks once, and is told of every later change.
 */
import { offerSilenceMs } from "../../shared/times.ts";
import type { JobIdentity, Watched, WatchedState } from "./api.ts";
import { type Key, text } from "./columns.ts";
import { isActive, isDone, type Job, refOf, sameIdentity, wasGranted } from "./job.ts";
import type { Sql } from "./ports.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";
import { isFinal } from "./telling.ts";

export class WatchStore {
  readonly #sql: Sql;
  #known: Map<string, Key & { nonce: string }> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  all(): (Key & { nonce: string })[] {
    return [...this.#rows().values()];
  }

  nonce(key: Key): string | null {
    return this.#rows().get(nameOf(key))?.nonce ?? null;
  }

  add(key: Key, nonce: string): void {
    this.#sql.rows("INSERT INTO watch (id, incarnation, nonce) VALUES (?, ?, ?)", key.id, key.incarnation, nonce);
    this.#rows().set(nameOf(key), { id: key.id, incarnation: key.incarnation, nonce });
  }

  remove(key: Key): void {
    this.#sql.rows("DELETE FROM watch WHERE id = ? AND incarnation = ?", key.id, key.incarnation);
    this.#rows().delete(nameOf(key));
  }

  /** After a write that was rolled back, and after rows that went with their jobs, the disk knows better. */
  forget(): void {
    this.#known = null;
  }

  #rows(): Map<string, Key & { nonce: string }> {
    this.#known ??= new Map(
      this.#sql.rows("SELECT id, incarnation, nonce FROM watch").map((row) => {
        const watch = { id: text(row, "id"), incarnation: text(row, "incarnation"), nonce: text(row, "nonce") };
        return [nameOf(watch), watch];
      }),
    );
    return this.#known;
  }
}

function nameOf({ id, incarnation }: Key): string {
  return `${id} ${incarnation}`;
}

/** The live incarnation, if the caller means exactly that job. */
export function findJob(
  state: QueueState,
  identity: JobIdentity,
): { incarnation: string; output: "edge" | "site" } | null {
  const job = state.jobs.live(identity.id);
  return job !== null && sameIdentity(job, identity)
    ? { incarnation: job.incarnation, output: job.terms.output }
    : null;
}

/** From now on the relay hears of changes; with `dial` the runner is asked to bring the log. */
export function watchJob(state: QueueState, key: Key, dial: boolean): Watched | null {
  const job = state.jobs.get(key);
  if (job === null || job.terms.output === "site") {
    return null;
  }
  const nonce = state.watches.nonce(key) ?? state.ports.randomHex(16);
  if (state.watches.nonce(key) === null) {
    state.watches.add(key, nonce);
  }
  const seen = viewWatched(state, job);
  const isAsked = dial && seen.runner !== null && isReachable(state, seen.runner);
  if (isAsked && seen.runner !== null) {
    state.send({ runner: seen.runner, frame: { type: "open", ref: refOf(job), nonce } });
  }
  return { ...seen, isAsked };
}

/** Whether this runner has the log of this attempt and was asked for it. */
export function mayServe(state: QueueState, key: Key & { attempt: number }, runner: string, nonce: string): boolean {
  const job = state.jobs.get(key);
  const isNamed = job !== null && job.attempt === key.attempt && servingOf(state, job) === runner;
  return isNamed && state.watches.nonce(key) === nonce;
}

export function viewWatched(state: QueueState, job: Job): WatchedState {
  return {
    state: isDone(job) ? "over" : isStarted(job) ? "running" : "waiting",
    attempt: job.attempt,
    runner: servingOf(state, job),
    startedAtMs: job.startedAtMs,
    isTold: isTold(job),
    tail: isDone(job) ? state.jobs.tail(job) : null,
  };
}

/** What its viewers wait for: that it runs, that it is over, and that UCloud knows of the end. */
export function isNews(before: Job, after: Job): boolean {
  return before.place.state !== after.place.state || isTold(before) !== isTold(after);
}

/** A runner is back: relays without it ask for it again. */
export function watchedOn(state: QueueState, runner: string): Job[] {
  return state.watches.all().flatMap((key) => {
    const job = state.jobs.get(key);
    return job !== null && holderOf(job) === runner ? [job] : [];
  });
}

/** Nothing more will be told of the job's end. */
function isTold({ place, mute, telling }: Job): boolean {
  return place.state === "done" && (mute || telling.forgotten || telling.discarded === true || isFinal(telling.told));
}

/** Before its runner said that it runs there is no log. */
function isStarted({ place }: Job): boolean {
  return wasGranted(place) && place.state !== "starting";
}

/** Nothing comes from a runner that was removed. */
function servingOf(state: QueueState, job: Job): string | null {
  const runner = holderOf(job);
  return runner === null || state.runners.isRevoked(runner) ? null : runner;
}

function holderOf(job: Job): string | null {
  const { place } = job;
  if (place.state === "done") {
    return place.ranOn;
  }
  return isStarted(job) && isActive(place) ? place.runner : null;
}

/** An open socket of a machine that is off can stay open for long; its pings do not come any more. */
function isReachable(state: QueueState, runner: string): boolean {
  const silentMs = silentForMs(state, runner);
  return state.lineOf(runner) !== null && silentMs !== null && silentMs <= offerSilenceMs(state.ports.times);
}
