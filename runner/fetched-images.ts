/**
 * The images that this runner fetched for jobs: each goes when no job has used it for long enough, the one unused for
 * longest sooner when the disk is getting full. What somebody else has put on the machine is never touched.
 */
import type { Engine, ImageFacts } from "./engine/engine.ts";
import type { FetchedImage, Journal } from "./journal.ts";
import { errorFields, type Log } from "./log.ts";

/** A use is written down at most this often; the age of an image is known as well as that. */
const NOTE_EVERY_MS = 60 * 60_000;
/** Whatever the disk: the next job may well bring the same one. */
const LEAST_UNUSED_MS = 60 * 60_000;
/** The disk is short below this many times what closes the runner. */
const SHORT = 2;

export type FetchedImagesDeps = {
  engine: Pick<Engine, "removeImage">;
  journal: Pick<Journal, "images" | "putImage" | "removeImage">;
  log: Log;
  settings: { imageKeepMs: number; minFreeDiskBytes: number };
  nowMs(): number;
};

export class FetchedImages {
  readonly #deps: FetchedImagesDeps;
  #isRemoving = false;

  constructor(deps: FetchedImagesDeps) {
    this.#deps = deps;
  }

  /** A job is about to use it. Never fails: at worst an image is kept that could go. */
  used({ name, id, fetched }: ImageFacts): void {
    const { journal, log, nowMs } = this.#deps;
    try {
      const known = journal.images().find((one) => one.name === name);
      if (known === undefined ? fetched !== true : !needsNote(known, id, nowMs())) {
        return;
      }
      if (known !== undefined && known.id !== id) {
        // The name moved on; what it meant before has no name any more.
        journal.putImage({ ...known, name: known.id });
      }
      journal.putImage({ name, id, usedAtMs: nowMs() });
    } catch (error) {
      log.warn({ image: name, ...errorFields(error) }, "image.not_noted");
    }
  }

  /** One at a time: how much room its removal made is known at the next look. Never fails. */
  async look({ freeBytes, inUse }: { freeBytes: number | null; inUse: ReadonlySet<string> }): Promise<void> {
    if (this.#isRemoving) {
      return;
    }
    this.#isRemoving = true;
    try {
      const oldest = this.#deps.journal.images().find(({ name, id }) => !inUse.has(name) && !inUse.has(id));
      if (oldest !== undefined && this.#deps.nowMs() - oldest.usedAtMs >= this.#longEnoughMs(freeBytes)) {
        await this.#remove(oldest);
      }
    } catch (error) {
      this.#deps.log.warn(errorFields(error), "image.not_removed");
    } finally {
      this.#isRemoving = false;
    }
  }

  #longEnoughMs(freeBytes: number | null): number {
    const { imageKeepMs, minFreeDiskBytes } = this.#deps.settings;
    const isShort = freeBytes !== null && freeBytes < SHORT * minFreeDiskBytes;
    return isShort ? Math.min(LEAST_UNUSED_MS, imageKeepMs) : imageKeepMs;
  }

  /** What cannot be removed counts as used now: it is tried again after as long. */
  async #remove(image: FetchedImage): Promise<void> {
    const { engine, journal, log, nowMs } = this.#deps;
    journal.putImage({ ...image, usedAtMs: nowMs() });
    if ((await engine.removeImage(image.name)) === "removed") {
      journal.removeImage(image.name);
      log.info({ image: image.name, id: image.id }, "image.removed");
    }
  }
}

function needsNote(known: FetchedImage, id: string, nowMs: number): boolean {
  return known.id !== id || nowMs - known.usedAtMs >= NOTE_EVERY_MS;
}
