/** The logs that somebody looks at now. A relay is dialled when the gateway asks for it, and never otherwise. */
import { type Ref, refName } from "../../shared/ids.ts";
import type { Identity } from "../identity.ts";
import { errorFields, type Log } from "../log.ts";
import type { Timers } from "../timers.ts";
import { RelayLine } from "./relay-line.ts";
import type { JobLog } from "./viewer-stream.ts";

export type RelayParts = {
  identity: Identity;
  timers: Timers;
  clock: { uptimeMs(): number; nowMs(): number };
  log: Log;
  /** Null: the output of this job stays here. */
  logOf(ref: Ref): Promise<JobLog | null>;
  gatewayMs(category: string): number;
};

export class Relays {
  readonly #parts: RelayParts;
  readonly #lines = new Map<string, RelayLine>();
  #isClosed = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Asked for again, the newer line replaces the older: the relay asks only when it has none. */
  open(category: string, { ref, nonce }: { ref: Ref; nonce: string }): void {
    this.#open(category, ref, nonce).catch((error) => {
      this.#parts.log.error({ ref, ...errorFields(error) }, "relay.failed");
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const line of this.#lines.values()) {
      line.close();
    }
  }

  async #open(category: string, ref: Ref, nonce: string): Promise<void> {
    const { identity, timers, clock, log, logOf, gatewayMs } = this.#parts;
    const jobLog = await logOf(ref);
    if (jobLog === null || this.#isClosed) {
      return;
    }
    const name = refName(ref);
    this.#lines.get(name)?.close();
    const line: RelayLine = new RelayLine({
      ...{ identity, category, ref, nonce, jobLog, timers, clock, log },
      gatewayMs: gatewayMs(category),
      closed: () => {
        if (this.#lines.get(name) === line) {
          this.#lines.delete(name);
        }
      },
    });
    this.#lines.set(name, line);
    log.info({ ref, category }, "relay.dialled");
  }
}
