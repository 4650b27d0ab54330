/**
 * The provider's access token, in memory only: exchanged for the refresh token, kept until three minutes before its end,
 * and asked for once however many wait.
 */
import * as z from "zod/mini";
import type { Asker } from "./asker.ts";

/** Ten minutes today, fifteen before; what a token says of itself counts. */
const UNKNOWN_LIFE_MS = 600_000;
const BEFORE_END_MS = 180_000;
/** A token this young is not refused for its age: its refusal is about what was asked. */
const FRESH_MS = 60_000;

export type Access =
  | { kind: "ok"; token: string }
  | { kind: "unavailable"; status: number | null }
  | { kind: "refresh-refused" };

const answerSchema = z.object({
  responses: z.array(z.object({ accessToken: z.string().check(z.minLength(1)) })).check(z.minLength(1)),
});
const claimsSchema = z.object({ exp: z.number() });

export class AccessToken {
  readonly #ask: Asker;
  readonly #refreshTokens: string[];
  readonly #nowMs: () => number;
  #known: { token: string; sinceMs: number; untilMs: number } | null = null;
  #asking: Promise<Access> | null = null;

  constructor(options: { ask: Asker; refreshTokens: string[]; nowMs: () => number }) {
    this.#ask = options.ask;
    this.#refreshTokens = options.refreshTokens;
    this.#nowMs = options.nowMs;
  }

  async get(): Promise<Access> {
    if (this.#known !== null && this.#known.untilMs > this.#nowMs()) {
      return { kind: "ok", token: this.#known.token };
    }
    this.#asking ??= this.#refresh().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** UCloud did not take `token`. True: it may have been too old, and the next call has a new one. */
  distrust(token: string): boolean {
    if (this.#known?.token !== token) {
      return true;
    }
    const isOld = this.#nowMs() - this.#known.sinceMs >= FRESH_MS;
    this.#known = isOld ? null : this.#known;
    return isOld;
  }

  /** Several are valid while one is replaced: the first that UCloud takes. */
  async #refresh(): Promise<Access> {
    for (const refreshToken of this.#refreshTokens) {
      const answer = await this.#ask({
        method: "POST",
        path: "/auth/providers/refresh",
        body: { items: [{ refreshToken }] },
      });
      if ((answer.status === 401 || answer.status === 403) && !answer.isForeign) {
        continue;
      }
      const parsed = answer.status === 200 ? answerSchema.safeParse(answer.body) : null;
      const token = parsed?.success ? parsed.data.responses[0]?.accessToken : undefined;
      if (token === undefined) {
        return { kind: "unavailable", status: answer.status };
      }
      const nowMs = this.#nowMs();
      this.#known = { token, sinceMs: nowMs, untilMs: endOf(token, nowMs) - BEFORE_END_MS };
      return { kind: "ok", token };
    }
    return { kind: "refresh-refused" };
  }
}

function endOf(token: string, nowMs: number): number {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    return claimsSchema.parse(JSON.parse(atob(payload))).exp * 1000;
  } catch {
    return nowMs + UNKNOWN_LIFE_MS;
  }
}
