/** The queue's few lasting facts, written when they change. */
import * as z from "zod/mini";
import type { DayUse } from "./api.ts";
import { text } from "./columns.ts";
import type { DayMeter } from "./day-meter.ts";
import type { Sql } from "./ports.ts";

const moment = z._default(z.nullable(z.number()), null);
const settingsSchema = z.object({
  /** UCloud refuses our refresh token since; null: it did not the last time. */
  refreshRefusedSinceMs: moment,
  /** UCloud does not answer as agreed: nothing is asked before `notBeforeMs`. */
  outage: z._default(
    z.nullable(z.object({ tries: z.number(), notBeforeMs: z.number(), status: z.nullable(z.number()) })),
    null,
  ),
  /** Updates per request; halved when one of them is bad, so that the bad one is found. */
  batchLimit: z._default(z.number(), 100),
  /** When ended jobs are next removed; null: none has ended. */
  purgeAtMs: moment,
  /** When use is told next; null: nothing ran. */
  usageAtMs: moment,
  /** Since when there is use that was not told. */
  usageSinceMs: moment,
  /** When our jobs and UCloud's are compared next; null: there is nothing to compare. */
  reconcileAtMs: moment,
  /** By an administrator: what is held goes on. */
  isReconcileForced: z._default(z.boolean(), false),
  /** When this queue began, or began anew. */
  bornAtMs: moment,
  /** Running jobs that were ended because UCloud forgot them, since when, and of how many. */
  ends: z._default(z.nullable(z.object({ sinceMs: z.number(), count: z.number(), of: z.number() })), null),
  /** When users of waiting jobs were last told why they wait. */
  linesAtMs: moment,
  /** Nothing new is offered, by an administrator's word; null: jobs are. */
  paused: z._default(z.nullable(z.object({ reason: z.nullable(z.string()), by: z.string(), since: z.number() })), null),
  /** Put back to an earlier moment: jobs that were there at `sinceMs` are compared with UCloud's, up to `after`. */
  restored: z._default(
    z.nullable(z.object({ sinceMs: z.number(), after: z.object({ id: z.string(), incarnation: z.string() }) })),
    null,
  ),
  /** When the next drain ends by itself; null: none does. */
  drainEndsAtMs: moment,
  /** When runners that were not heard for long are looked for; null: none is away. */
  goneSilentAtMs: moment,
  /** What was used of the platform; written when the row is. */
  day: z._default(
    z.nullable(
      z.object({
        date: z.string(),
        ...{ requests: z.number(), frames: z.number(), rowsRead: z.number(), rowsWritten: z.number() },
      }),
    ),
    null,
  ),
});

export type QueueSettings = z.infer<typeof settingsSchema>;

const NAME = "queue";

export class SettingsStore {
  readonly #sql: Sql;
  readonly #meter: DayMeter;
  #known: QueueSettings | null = null;

  constructor(sql: Sql, meter: DayMeter) {
    this.#sql = sql;
    this.#meter = meter;
  }

  get(): QueueSettings {
    if (this.#known === null) {
      const row = this.#sql.rows("SELECT value FROM setting WHERE name = ?", NAME)[0];
      this.#known = settingsSchema.parse(row ? JSON.parse(text(row, "value")) : {});
    }
    return this.#known;
  }

  set(changes: Partial<QueueSettings>): void {
    const before = this.get();
    const after = { ...before, ...changes };
    if (JSON.stringify(after) === JSON.stringify(before)) {
      return;
    }
    this.#write(after);
  }

  today(): DayUse {
    return this.#meter.today(this.get().day);
  }

  /** Much was used since the row was last written. */
  noteUse(): void {
    if (this.#meter.isOwed()) {
      this.#write(this.get());
    }
  }

  #write(settings: QueueSettings): void {
    const written = { ...settings, day: this.today() };
    this.#sql.rows("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", NAME, JSON.stringify(written));
    this.#known = written;
    this.#meter.saved();
  }

  /** After a write that was rolled back the disk knows better. */
  forget(): void {
    this.#known = null;
  }
}
