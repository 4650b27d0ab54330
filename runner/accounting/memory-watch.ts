/** Reads the peak memory of each running container every few seconds. What was read last stands when it has ended. */
import type { Timers } from "../timers.ts";

const EVERY_MS = 5_000;

export type MemoryWatchOptions = {
  timers: Timers;
  /** Names of the containers that run now. */
  running(): string[];
  /** 0: it has no process; throws when it cannot be asked. */
  pidOf(name: string): Promise<number>;
  read(pid: number): Promise<number | null>;
};

export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #peaks = new Map<string, { pid: number; bytes: number | null }>();
  #takeBack = () => {};
  #isClosed = false;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** null: it was never read. The container is forgotten. */
  take(name: string): number | null {
    const bytes = this.#peaks.get(name)?.bytes ?? null;
    this.#peaks.delete(name);
    return bytes;
  }

  close(): void {
    this.#isClosed = true;
    this.#takeBack();
  }

  #schedule(): void {
    if (!this.#isClosed) {
      this.#takeBack = this.#options.timers.after(EVERY_MS, () => void this.#look().finally(() => this.#schedule()));
    }
  }

  async #look(): Promise<void> {
    const running = new Set(this.#options.running());
    for (const name of this.#peaks.keys()) {
      if (!running.has(name)) {
        this.#peaks.delete(name);
      }
    }
    for (const name of running) {
      await this.#lookAt(name);
    }
  }

  async #lookAt(name: string): Promise<void> {
    const known = this.#peaks.get(name);
    const pid = known?.pid ?? (await this.#options.pidOf(name).catch(() => 0));
    const bytes = await this.#options.read(pid);
    if (pid > 0) {
      this.#peaks.set(name, { pid, bytes: Math.max(bytes ?? 0, known?.bytes ?? 0) || null });
    }
  }
}
