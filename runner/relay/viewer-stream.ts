/**
 * One viewer's way through a log: reads the next piece when it has credit and its pace allows it, waits at the end of
 * what there is, and says when the job is over and everything was sent.
 */
import { BYTES_PER_SECOND, MAX_CHUNK_BYTES, type RelayFrame } from "../../shared/relay.ts";
import type { Timers } from "../timers.ts";
import { LogReader } from "./log-reader.ts";

/** How soon new output is seen. */
const LOOK_MS = 200;
/** Podman tells an end up to this much before the last lines are in the file. */
const QUIET_MS = 750;
/** A burst of this is not slowed down. */
const BURST_BYTES = 2 * MAX_CHUNK_BYTES;

export type JobLog = { path: string; isOver(): boolean };

export type StreamOptions = {
  log: JobLog;
  stream: number;
  cursor: string | null;
  credit: number;
  startedAtMs: number | null;
  timers: Timers;
  uptimeMs(): number;
  send(frame: RelayFrame): void;
};

export class ViewerStream {
  readonly #options: StreamOptions;
  readonly #reader: LogReader;
  #credit: number;
  #isStopped = false;
  #quietSinceMs: number | null = null;
  /** When the bytes that were sent would have left at the allowed pace. */
  #paidUntilMs = 0;
  #wake: () => void = () => {};

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#credit = options.credit;
    this.#reader = new LogReader(options.log.path, options);
  }

  /** Resolves when the stream is over; rejects with what the disk says. */
  async run(): Promise<void> {
    try {
      while (!this.#isStopped && !(await this.#step())) {
        // Each step waits for what it needs.
      }
    } finally {
      await this.#reader.close();
    }
  }

  addCredit(chunks: number): void {
    this.#credit += chunks;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** True: nothing more will come. */
  async #step(): Promise<boolean> {
    const { log, stream, send, uptimeMs } = this.#options;
    if (this.#credit <= 0) {
      // A log that is rotated meanwhile must be open before its successor is rotated too.
      await this.#reader.look();
      await this.#pause(LOOK_MS);
      return false;
    }
    const isOver = log.isOver();
    const isQuiet = isOver && this.#isQuiet();
    const piece = await this.#reader.read(MAX_CHUNK_BYTES, isQuiet);
    if (this.#isStopped) {
      return true;
    }
    if (piece === null) {
      if (isQuiet) {
        this.#sayEnd();
        return true;
      }
      this.#quietSinceMs ??= isOver ? uptimeMs() : null;
      await this.#pause(LOOK_MS);
      return false;
    }
    this.#quietSinceMs = null;
    if (piece.entries.length > 0) {
      this.#credit -= 1;
      send({ type: "chunk", stream, ...piece });
      await this.#keepPace(piece.bytes);
    }
    return false;
  }

  #sayEnd(): void {
    const { stream, send } = this.#options;
    const entries = this.#reader.finish();
    if (entries.length > 0) {
      send({ type: "chunk", stream, entries, bytes: 0, cursor: this.#reader.cursor() });
    }
    send(this.#reader.isThere ? { type: "end", stream } : { type: "gone", stream });
  }

  #isQuiet(): boolean {
    return this.#quietSinceMs !== null && this.#options.uptimeMs() - this.#quietSinceMs >= QUIET_MS;
  }

  async #keepPace(bytes: number): Promise<void> {
    const nowMs = this.#options.uptimeMs();
    const earliestMs = nowMs - (BURST_BYTES / BYTES_PER_SECOND) * 1000;
    this.#paidUntilMs = Math.max(this.#paidUntilMs, earliestMs) + (bytes / BYTES_PER_SECOND) * 1000;
    if (this.#paidUntilMs > nowMs) {
      await this.#rest(this.#paidUntilMs - nowMs);
    }
  }

  /** Ends early when credit comes. */
  #pause(ms: number): Promise<void> {
    return this.#wait(ms, () => true);
  }

  /** Ends early for nothing but the stream's end. */
  #rest(ms: number): Promise<void> {
    return this.#wait(ms, () => this.#isStopped);
  }

  #wait(ms: number, isEnough: () => boolean): Promise<void> {
    if (this.#isStopped) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const takeBack = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        if (isEnough()) {
          takeBack();
          resolve();
        }
      };
    });
  }
}
