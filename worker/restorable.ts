/**
 * An object that can be put back to an earlier moment by the platform's point-in-time copies. It is asked in two steps,
 * so that none has gone back before each of them was found to have a copy of that moment.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "./env.ts";

export class RestorableObject extends DurableObject<Env> {
  /** The copy nearest to that moment. @throws where the platform keeps none, as on one machine. */
  async copyOf(atMs: number): Promise<string> {
    return this.ctx.storage.getBookmarkForTime(atMs);
  }

  /** The call itself breaks, with the object: the next one finds the state of the copy. */
  async goBack(copy: string): Promise<void> {
    await this.ctx.storage.onNextSessionRestoreBookmark(copy);
    this.ctx.abort("put back to an earlier moment");
  }
}
