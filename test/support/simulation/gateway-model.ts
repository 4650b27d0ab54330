/**
 * The gateway in virtual time: the real queue on tables that outlive it, one alarm, and the moment in which the platform
 * takes the object from memory and makes it anew.
 */
import { DEFAULT_TIMES, type Times, timesSchema } from "../../../shared/times.ts";
import { NOTHING_USED } from "../../../worker/queue/day-meter.ts";
import type { Line, QueuePorts } from "../../../worker/queue/ports.ts";
import { Queue } from "../../../worker/queue/queue.ts";
import { ScriptedAccounting } from "../queue/scripted-accounting.ts";
import type { CoreModel } from "./core-model.ts";
import type { Dice } from "./dice.ts";
import { openMemoryDatabase } from "./memory-sql.ts";

export const CATEGORY = "example-compute";
export const TIMES: Times = timesSchema.parse({ ...DEFAULT_TIMES });

/** A write that the disk did not take. */
export class RefusedWrite extends Error {}

type Surroundings = { core: CoreModel; dice: Dice; lines: (id?: string) => Line[] };

export class GatewayModel {
  nowMs = 1_700_000_000_000;
  alarmMs: number | null = null;
  queue: Queue;
  /** So many turns fail at their end, and nothing of them holds. */
  refusals = 0;
  #isAlarmRunning = false;
  #generation = 0;
  #wasRefused = false;
  readonly accounting = new ScriptedAccounting();
  readonly #around: Surroundings;
  readonly #database = openMemoryDatabase();

  constructor(around: Surroundings) {
    this.#around = around;
    this.queue = new Queue(this.#ports());
  }

  close(): void {
    this.#database.close();
  }

  /** The object goes from memory, between any two turns; `loseLines` says what becomes of its sockets. */
  evict(loseLines: () => void): void {
    this.#generation += 1;
    this.refusals = 0;
    for (const pending of this.#around.core.pending.splice(0)) {
      pending.orphan();
    }
    if (this.#isAlarmRunning) {
      this.#isAlarmRunning = false;
      this.alarmMs = this.nowMs;
    }
    loseLines();
    this.queue = new Queue(this.#ports());
  }

  /** False: it was asked for and nothing of it holds. */
  unlessRefused(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (error instanceof RefusedWrite) {
        return false;
      }
      throw error;
    }
  }

  fireAlarm(): void {
    if (!this.isAlarmDue()) {
      return;
    }
    this.alarmMs = null;
    this.#isAlarmRunning = true;
    const generation = this.#generation;
    this.queue.alarm().finally(() => {
      if (generation === this.#generation) {
        this.#isAlarmRunning = false;
      }
    });
  }

  isAlarmDue(): boolean {
    return !this.#isAlarmRunning && this.alarmMs !== null && this.alarmMs <= this.nowMs;
  }

  #transaction<T>(work: () => T): T {
    const { alarmMs } = this;
    try {
      return this.#database.transaction(() => {
        const done = work();
        if (this.refusals > 0) {
          this.refusals -= 1;
          throw new RefusedWrite();
        }
        return done;
      });
    } catch (error) {
      // The alarm is a row of the same transaction.
      this.alarmMs = alarmMs;
      this.#wasRefused = error instanceof RefusedWrite;
      throw error;
    }
  }

  /** An object that was evicted sets no alarm any more. */
  #ports(): QueuePorts {
    const generation = this.#generation;
    const { core, dice, lines } = this.#around;
    return {
      category: CATEGORY,
      times: TIMES,
      sql: this.#database.sql,
      transaction: (work) => this.#transaction(work),
      nowMs: () => this.nowMs,
      random: () => dice.next(),
      randomHex: (bytes) => dice.hex(bytes),
      verify: async () => true,
      control: core,
      accounting: this.accounting,
      termsOfProduct: () => null,
      lines,
      tellRelay: () => {},
      setAlarm: (atMs) => {
        if (generation === this.#generation) {
          this.alarmMs = atMs;
        }
      },
      used: () => NOTHING_USED,
      report: async () => {},
      event: (name) => {
        if (name === "alarm.failed" && !this.#wasRefused) {
          core.violations.push("an alarm failed");
        }
        this.#wasRefused = false;
      },
    };
  }
}
