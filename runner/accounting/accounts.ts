/** Who ran here: a line in the state folder for each attempt that has run and ended. Jobs never wait for it. */
import { refName } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { Attempt, Moment } from "../attempt/record.ts";
import { errorFields, type Log } from "../log.ts";
import type { Timers } from "../timers.ts";
import { AccountingFile, type AccountLine } from "./accounting-file.ts";
import { MemoryWatch, type MemoryWatchOptions } from "./memory-watch.ts";

const TIDY_MS = 86_400_000;

export type AccountsOptions = Omit<MemoryWatchOptions, "timers"> & {
  stateDir: string;
  timers: Timers;
  nowMs(): number;
  log: Log;
};

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #file: AccountingFile;
  readonly #memory: MemoryWatch;
  #takeBack = () => {};

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#file = new AccountingFile(options.stateDir, () => options.nowMs());
    this.#memory = new MemoryWatch(options);
    this.#tidy();
  }

  /** Its outcome is in the journal. What never ran has no line. */
  ended(attempt: Attempt, plan: JobPlan | null): void {
    const peakMemoryBytes = this.#memory.take(refName(attempt.ref));
    const line = lineOf(attempt, plan, peakMemoryBytes);
    if (line !== null) {
      this.#try(() => this.#file.append(line));
    }
  }

  close(): void {
    this.#takeBack();
    this.#memory.close();
  }

  #tidy(): void {
    this.#try(() => this.#file.tidy());
    this.#takeBack = this.#options.timers.after(TIDY_MS, () => this.#tidy());
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.warn(errorFields(error), "accounting.failed");
    }
  }
}

function lineOf(attempt: Attempt, plan: JobPlan | null, peakMemoryBytes: number | null): AccountLine | null {
  const { ref, category, outcome, started, acceptedAt, imageDigest } = attempt;
  if (outcome?.kind !== "exited") {
    return null;
  }
  const { job, incarnation, attempt: number, rank } = ref;
  return {
    ...{ job, incarnation, attempt: number, rank, category },
    workspace: plan?.workspace ?? null,
    // A job's own address is seen nowhere but on this machine: to others it is the machine's.
    address: null,
    ...{ image: plan?.image ?? null, imageDigest },
    ...{ acceptedAt: textOf(acceptedAt), startedAt: started && textOf(started), endedAt: textOf(outcome.at) },
    ...{ ranMs: outcome.ranMs, cause: outcome.cause, exitCode: outcome.exitCode, peakMemoryBytes },
  };
}

function textOf({ nowMs }: Moment): string {
  return new Date(nowMs).toISOString();
}
