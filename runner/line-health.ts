/** What a connection remembers of its tries: how often they failed, why, and what the gateway's clock said. */
import { judgeRefusal, type RefusedUpgrade } from "./dialling.ts";
import { ELSEWHERE_FROM, type Ending, redialAfterMs } from "./reconnect.ts";
import { troubleOf } from "./way-trouble.ts";

/** A runner that is refused for this long was removed, and nobody could tell it. */
const REFUSED_TOO_LONG_MS = 86_400_000;

export class LineHealth {
  /** The gateway's clock minus ours. */
  offsetMs = 0;
  lastHeardMs: number | null = null;
  /** As `ConnectionState` has it. */
  patienceMs = 0;
  trouble: string | null = null;
  /** Times that a welcomed line ended. */
  losses = 0;
  #tries = 0;
  #elsewhere = 0;
  #refusedSinceMs: number | null = null;

  welcomed(offsetMs: number): void {
    this.offsetMs = offsetMs;
    this.trouble = null;
    this.#tries = 0;
    this.#elsewhere = 0;
    this.#refusedSinceMs = null;
  }

  /** The way to the gateway did not come about, or broke. Returns why. */
  failed(error: unknown): string {
    this.trouble = troubleOf(error);
    return this.trouble;
  }

  /** The upgrade was answered with a status. `isRevoked`: it was forbidden for so long that this runner was removed. */
  refused(answer: RefusedUpgrade, now: { nowMs: number; uptimeMs: number }): { ending: Ending; isRevoked: boolean } {
    const refusal = judgeRefusal(answer, now.nowMs);
    this.trouble = refusal.trouble;
    this.offsetMs = refusal.offsetMs ?? this.offsetMs;
    if (!refusal.isForbidden) {
      return { ending: refusal.ending, isRevoked: false };
    }
    this.#refusedSinceMs ??= now.uptimeMs;
    return { ending: refusal.ending, isRevoked: now.uptimeMs - this.#refusedSinceMs >= REFUSED_TOO_LONG_MS };
  }

  /** Another machine is connected with our key. `isCertain`: it is no reconnect that crossed itself. */
  usedElsewhere(retryAfterMs: number): { ending: Ending; isCertain: boolean } {
    this.#elsewhere += 1;
    const isCertain = this.#elsewhere >= ELSEWHERE_FROM;
    if (isCertain) {
      this.trouble = "another machine is connected with this runner's key";
    }
    return { ending: { is: "other-instance", retryAfterMs, count: this.#elsewhere }, isCertain };
  }

  /** How long to wait before the next try. */
  ended(ending: Ending, wasWelcomed: boolean, random: number): number {
    this.losses += wasWelcomed ? 1 : 0;
    if (!wasWelcomed) {
      this.#tries += 1;
      this.trouble ??= "the gateway does not answer";
    }
    return redialAfterMs(ending, this.#tries, random);
  }
}
