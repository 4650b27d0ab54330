/**
 * UCloud's jobs and its rules for updates: one unknown id refuses the whole batch, a guard that does not hold drops an
 * update in silence, a final state is final. What a real one would not forgive is noted as a violation.
 */
import { EventEmitter, once } from "node:events";

export type Update = {
  state?: string;
  status?: string;
  newTimeAllocation?: number;
  outputFolder?: string;
  expectedState?: string;
  expectedDifferentState?: boolean;
  [key: string]: unknown;
};
export type Item = { id: string; update: Update };

export type UcloudJob = {
  id: string;
  createdAt: number;
  owner: { createdBy: string; project: string | null };
  product: { id: string; category: string };
  state: string;
  /** The running time that it counts with, in ms; null: its provider's own default. */
  timeAllocation: number | null;
  /** Where its user finds its files; null: nobody has said. */
  outputFolder: string | null;
  startedAt?: number;
  /** The create's answer has arrived and is stored. */
  isStored: boolean;
  /** What its user sees, in order. */
  updates: { state: string | null; status: string | null }[];
};

const FINAL = ["SUCCESS", "FAILURE", "EXPIRED"];
const STATES = ["IN_QUEUE", "RUNNING", "SUSPENDED", ...FINAL];
const KNOWN_FIELDS = [
  ...["state", "status", "newTimeAllocation", "outputFolder", "expectedState", "expectedDifferentState"],
];
const MINUTE_MS = 60_000;
const MAX_STATUS = 400;
const WAIT_MS = 45_000;
/** In an error. */
const MAX_SHOWN = 20;

export class JobBook {
  readonly jobs = new Map<string, UcloudJob>();
  readonly violations: string[] = [];
  readonly #news = new EventEmitter();

  add(job: Pick<UcloudJob, "id" | "createdAt" | "owner" | "product"> & Partial<UcloudJob>): UcloudJob {
    const fresh = { state: "IN_QUEUE", isStored: false, updates: [] };
    const added = { timeAllocation: null, outputFolder: null, ...job, ...fresh };
    this.jobs.set(job.id, added);
    return added;
  }

  /** The status of the answer. */
  apply(items: Item[]): { status: number; why?: string } {
    const unknown = items.find(({ id }) => !this.jobs.has(id));
    this.#judgeBatch(items);
    if (unknown !== undefined) {
      return { status: 404, why: `Not found or permission denied (${unknown.id})` };
    }
    for (const { id, update } of items) {
      this.#applyOne(id, update);
    }
    this.#news.emit("news");
    return { status: 200 };
  }

  /** Resolves when the job's state is one of `states`; fails after a while, with what was seen instead. */
  async reaches(id: string, ...states: string[]): Promise<UcloudJob> {
    return this.until(
      () => {
        const job = this.jobs.get(id);
        return job !== undefined && states.includes(job.state) ? job : null;
      },
      `job ${id} in ${states.join(" or ")}`,
    );
  }

  async until<T>(look: () => T | null, what: string, withinMs = WAIT_MS): Promise<T> {
    const signal = AbortSignal.timeout(withinMs);
    for (;;) {
      const found = look();
      if (found !== null) {
        return found;
      }
      try {
        await once(this.#news, "news", { signal });
      } catch {
        throw new Error(
          `UCloud did not see ${what}; it saw ${JSON.stringify([...this.jobs.values()].slice(0, MAX_SHOWN))}`,
        );
      }
    }
  }

  announce(): void {
    this.#news.emit("news");
  }

  #judgeBatch(items: Item[]): void {
    if (items.length === 0 || items.length > 100) {
      this.violations.push(`a batch of ${items.length}`);
    }
    if (new Set(items.map(({ id }) => id)).size < items.length) {
      this.violations.push("two changes of one job in one batch");
    }
    for (const { id, update } of items) {
      for (const problem of problemsOf(update)) {
        this.violations.push(`${id}: ${problem}`);
      }
    }
  }

  #applyOne(id: string, update: Update): void {
    const job = this.jobs.get(id);
    if (job === undefined) {
      return;
    }
    if (!job.isStored) {
      this.violations.push(`${id}: told before its create was answered`);
    }
    const isFinal = FINAL.includes(job.state);
    if (update.expectedState !== undefined && update.expectedState !== job.state) {
      return;
    }
    if (update.expectedDifferentState === true && update.state === job.state) {
      return;
    }
    if (isFinal && update.state !== undefined && !FINAL.includes(update.state)) {
      return;
    }
    if (isFinal) {
      // A real one takes both: its user reads on after the end, and another final state wins.
      this.violations.push(`${id}: ${update.state ?? "a status line"} after ${job.state}`);
    }
    job.state = update.state ?? job.state;
    // It keeps whole minutes and drops the rest.
    const minutes = update.newTimeAllocation === undefined ? null : Math.floor(update.newTimeAllocation / MINUTE_MS);
    job.timeAllocation = minutes === null ? job.timeAllocation : minutes * MINUTE_MS;
    if (update.outputFolder !== undefined && job.outputFolder !== null) {
      this.violations.push(`${id}: a second output folder`);
    }
    job.outputFolder = update.outputFolder ?? job.outputFolder;
    if (update.state === "RUNNING") {
      job.startedAt = Date.now();
    }
    job.updates.push({ state: update.state ?? null, status: update.status ?? null });
  }
}

function problemsOf(update: Update): string[] {
  const { state, status } = update;
  const unknown = Object.keys(update).filter((key) => !KNOWN_FIELDS.includes(key));
  return [
    ...unknown.map((key) => `a field that it does not know: ${key}`),
    ...(state === undefined && status === undefined ? ["an empty update"] : []),
    ...(state !== undefined && !STATES.includes(state) ? [`the state ${state}`] : []),
    ...(status !== undefined && /\p{Cc}/u.test(status) ? ["a control character in a status line"] : []),
    ...(status !== undefined && status.length > MAX_STATUS ? [`a status line of ${status.length} characters`] : []),
    ...(state !== undefined && FINAL.includes(state) && update.expectedDifferentState !== true
      ? ["a final state without expectedDifferentState"]
      : []),
    ...problemsOfTime(update.newTimeAllocation),
    ...problemsOfFolder(update.outputFolder),
    ...(state !== undefined && !FINAL.includes(state) && update.expectedState === undefined
      ? [`${state} without expectedState`]
      : []),
  ];
}

/** Its user's browser would go wherever it says. */
function problemsOfFolder(folder: string | undefined): string[] {
  const isPath = folder === undefined || (/^\/[^/\p{Cc}]/u.test(folder) && !/\/\.{0,2}(\/|$)/.test(folder));
  return isPath ? [] : [`the output folder ${folder}`];
}

/** It takes a fraction for malformed, drops what is less than a minute, and lets a negative time stand. */
function problemsOfTime(ms: number | undefined): string[] {
  return ms === undefined || (Number.isInteger(ms) && ms > 0 && ms % MINUTE_MS === 0) ? [] : [`a time of ${ms} ms`];
}
