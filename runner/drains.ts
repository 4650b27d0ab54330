/** Why the node takes no new jobs although it could: its own reasons, and the word of each queue of the gateway. */
import { join } from "node:path";
import * as z from "zod/mini";
import { readStateFile, writeStateFile } from "./state-file.ts";

/** Taken out of service by its own operator: from and until, by the machine's clock. */
export const plannedSchema = z.object({ reason: z.string(), fromMs: z.number(), untilMs: z.nullable(z.number()) });
export type PlannedDrain = z.infer<typeof plannedSchema>;

/** `fromMs`: until then it takes jobs that will be over. */
export type Closing = { reason: string; fromMs: number };
type Word = { reason: string; fromMs: number | null };

export class Drains {
  /** Ends with the process alone. */
  own: string | null = null;
  /** Outlives the process. */
  #planned: PlannedDrain | null;
  readonly #path: string;
  readonly #words = new Map<string, Word>();

  constructor(stateDir: string) {
    this.#path = join(stateDir, "drain.json");
    this.#planned = read(this.#path);
  }

  /** Null: nothing is planned any more. */
  plan(planned: PlannedDrain | null): void {
    writeStateFile(this.#path, JSON.stringify(planned));
    this.#planned = planned;
  }

  /** The newest word of one queue; null: it gives jobs. */
  hear(category: string, word: Word | null): void {
    if (word === null) {
      this.#words.delete(category);
    } else {
      this.#words.set(category, word);
    }
  }

  reason(nowMs: number): string | null {
    const [word] = [...this.#words.values()].filter(({ fromMs }) => (fromMs ?? 0) <= nowMs);
    const planned = this.planned(nowMs);
    const isDue = planned !== null && planned.fromMs <= nowMs;
    return this.own ?? (isDue ? planned.reason : null) ?? word?.reason ?? null;
  }

  /** By its own operator; null: none, or it is over. */
  planned(nowMs: number): PlannedDrain | null {
    return this.#planned?.untilMs != null && this.#planned.untilMs <= nowMs ? null : this.#planned;
  }

  /** Whichever comes first, by anybody's word. */
  closing(nowMs: number): Closing | null {
    const planned = this.planned(nowMs);
    const all = [...(planned === null ? [] : [planned]), ...this.#words.values()];
    const later = all.flatMap(({ reason, fromMs }) => (fromMs !== null && fromMs > nowMs ? [{ reason, fromMs }] : []));
    return later.toSorted((one, other) => one.fromMs - other.fromMs)[0] ?? null;
  }
}

/** One that cannot be read was never said, or is no file of ours. */
function read(path: string): PlannedDrain | null {
  try {
    return z.catch(z.nullable(plannedSchema), null).parse(JSON.parse(readStateFile(path) ?? "null"));
  } catch {
    return null;
  }
}
