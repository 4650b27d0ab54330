/** The real queue over SQLite in memory, with a clock that is moved by hand, a UCloud that is scripted and fake sockets. */
import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import { proofText } from "../../../shared/proof.ts";
import { DEFAULT_TIMES, type Times } from "../../../shared/times.ts";
import type { NewJob, RunnerIdentity, WatchedState } from "../../../worker/queue/api.ts";
import { NOTHING_USED } from "../../../worker/queue/day-meter.ts";
import type { Job, Terms } from "../../../worker/queue/job.ts";
import type { QueuePorts } from "../../../worker/queue/ports.ts";
import { Queue } from "../../../worker/queue/queue.ts";
import type { QueueSnapshot } from "../../../worker/queue/snapshot.ts";
import { openMemoryDatabase } from "../simulation/memory-sql.ts";
import { FakeLine } from "./fake-line.ts";
import { identityOf } from "./new-job.ts";
import { ScriptedAccounting } from "./scripted-accounting.ts";
import { ScriptedCore } from "./scripted-core.ts";

export const CATEGORY = "example-compute";
/** A bound on alarms that fire without time going on. */
const MAX_ALARMS = 20_000;

export type ProofOf = { publicKey: string; nonce: string; runner: string; category: string; instance: string };

/** A stand-in for a signature: nobody can make it without every part of what is signed. */
export function signed({ publicKey, ...of }: ProofOf): string {
  return digest(publicKey, proofText(of));
}

function digest(publicKey: string, text: string): string {
  return createHash("sha256").update(`${publicKey}\n${text}`).digest("base64");
}

export class QueueUnderTest {
  readonly core = new ScriptedCore();
  /** Use is told only where a test asks for it. */
  readonly accounting = new ScriptedAccounting("none");
  /** By which adopted jobs are measured. */
  readonly products = new Map<string, Terms>();
  readonly times: Times;
  /** What the relays of watched jobs were told. */
  readonly relayed: (WatchedState & { id: string; isRunnerBack: boolean })[] = [];
  /** How it stood, as the metrics are told. */
  readonly reports: QueueSnapshot[] = [];
  readonly events: { name: string; fields: Record<string, unknown> }[] = [];
  nowMs = 1_700_000_000_000;
  alarmMs: number | null = null;
  /** Uniform in [0, 1): how long a retry waits below its bound. */
  random = 0.5;
  databaseBytes = 0;
  /** As the platform counts since the object is in memory. */
  used = { ...NOTHING_USED };
  isRegistryAway = false;
  /** Makes every write fail, as a full disk does. */
  isDiskFull = false;
  /** Makes every turn fail at its very end; what it wrote, its alarm too, is rolled back. */
  isCommitFailing = false;
  /** Sees every statement, in SQL. */
  onStatement: (query: string) => void = () => {};
  queue: Queue;
  lines: FakeLine[] = [];
  readonly #runnerOf = new Map<FakeLine, string>();
  readonly #database = openMemoryDatabase();
  #drawn = 0;

  constructor(times: Partial<Times> = {}) {
    this.times = { ...DEFAULT_TIMES, ...times };
    this.queue = new Queue(this.#ports());
    // An old queue: what a young one holds back has tests of its own.
    this.queue.state.settings.set({ bornAtMs: this.nowMs - 86_400_000 });
  }

  close(): void {
    this.#database.close();
    const violations = [...this.core.violations, ...this.accounting.violations];
    if (violations.length > 0) {
      throw new Error(`UCloud would not forgive: ${violations.join("; ")}`);
    }
  }

  /** UCloud knows the jobs, the queue has stored them, and the answer was seen to leave. */
  create(...jobs: NewJob[]): void {
    this.createUnanswered(...jobs);
    this.queue.answered(jobs.map(identityOf));
  }

  createUnanswered(...jobs: NewJob[]): void {
    this.beKnown(...jobs);
    this.queue.create(jobs, null);
  }

  /** UCloud has these jobs, whatever the queue has. */
  beKnown(...jobs: NewJob[]): void {
    for (const { id, createdAt, owner, productId } of jobs) {
      this.core.jobs.set(id, { createdAt, owner, product: { id: productId, category: CATEGORY } });
    }
  }

  terminate(...jobs: NewJob[]): void {
    this.queue.terminate(jobs.map(identityOf));
  }

  /** The row that calls about `id` mean. */
  row(id: string): Job {
    const job = this.queue.state.jobs.live(id);
    if (job === null) {
      throw new Error(`no row of ${id}`);
    }
    return job;
  }

  /** The state of one incarnation, in words: its outcome when it is done. */
  stateOf(key: { id: string; incarnation: string }): string {
    const place = this.queue.state.jobs.get(key)?.place;
    return place === undefined ? "none" : place.state === "done" ? place.outcome : place.state;
  }

  openLine(runner: RunnerIdentity): FakeLine {
    const line = new FakeLine(() => this.nowMs);
    this.lines.push(line);
    this.#runnerOf.set(line, runner.id);
    this.queue.open(line, runner);
    return line;
  }

  /** The platform reports that a socket has closed. */
  loseLine(line: FakeLine): void {
    line.close(1006, "");
    this.queue.closed(line);
  }

  /** Time goes on; alarms fire on the way when they are due. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (let fired = 0; this.alarmMs !== null && this.alarmMs <= endMs; fired++) {
      if (fired === MAX_ALARMS) {
        throw new Error("alarms that never come to rest");
      }
      this.nowMs = Math.max(this.nowMs, this.alarmMs);
      await this.fireAlarm();
    }
    this.nowMs = endMs;
  }

  async fireAlarm(): Promise<void> {
    this.alarmMs = null;
    await this.queue.alarm();
  }

  /** The object left memory. Sockets survive that, unless the whole gateway was restarted. */
  restart({ keepsSockets }: { keepsSockets: boolean }): void {
    this.lines = keepsSockets ? this.lines : [];
    this.used = { ...NOTHING_USED };
    this.queue = new Queue(this.#ports());
  }

  #transaction<T>(work: () => T): T {
    const { alarmMs } = this;
    try {
      return this.#database.transaction(() => {
        const result = work();
        if (this.isCommitFailing) {
          throw new Error("SQLITE_FULL");
        }
        return result;
      });
    } catch (error) {
      this.alarmMs = alarmMs;
      throw error;
    }
  }

  #ports(): QueuePorts {
    const { sql } = this.#database;
    return {
      category: CATEGORY,
      times: this.times,
      sql: {
        rows: (query, ...bindings) => {
          this.onStatement(query);
          if (this.isDiskFull && !query.trimStart().startsWith("SELECT") && !query.trimStart().startsWith("WITH")) {
            throw new Error("SQLITE_FULL");
          }
          return sql.rows(query, ...bindings);
        },
        databaseSize: () => this.databaseBytes,
      },
      transaction: (work) => this.#transaction(work),
      nowMs: () => this.nowMs,
      random: () => this.random,
      randomHex: (bytes) => (++this.#drawn).toString(16).padStart(bytes * 2, "0"),
      verify: async (publicKey, text, signature) => signature === digest(publicKey, text),
      control: this.core,
      accounting: this.accounting,
      termsOfProduct: (id) => this.products.get(id) ?? null,
      lines: (runner) =>
        this.lines.filter(
          (line) => line.closed === null && (runner === undefined || this.#runnerOf.get(line) === runner),
        ),
      tellRelay: (key, seen, isRunnerBack) => {
        this.relayed.push({ id: key.id, ...seen, isRunnerBack });
      },
      setAlarm: (atMs) => {
        this.alarmMs = atMs;
      },
      used: () => this.used,
      report: async (snapshot) => {
        if (this.isRegistryAway) {
          throw new Error("away");
        }
        this.reports.push(snapshot);
      },
      event: (name, fields) => {
        this.events.push({ name, fields });
      },
    };
  }
}

/** For one test; at its end it complains of anything that a running UCloud would not forgive. */
export function openQueue(times: Partial<Times> = {}): QueueUnderTest {
  const queue = new QueueUnderTest(times);
  onTestFinished(() => queue.close());
  return queue;
}
