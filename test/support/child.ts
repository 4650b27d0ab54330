/** A process of the system under test: its lines are kept, awaited and shown when something fails. */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const WAIT_MS = 45_000;
const KEPT_LINES = 500;
/** The same programs are started dozens of times: without compiling them anew that takes half the time. */
const COMPILED = join(tmpdir(), "ucloud-edge-compiled");

export class Child {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #news = new EventEmitter();
  readonly exited: Promise<number | null>;

  constructor(command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // A group of its own: what it starts dies with it.
    const env = { ...options.env, NODE_COMPILE_CACHE: COMPILED };
    this.#process = spawn(command, args, { ...options, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on("line", (line) => this.#take(line));
      }
    }
    this.exited = once(this.#process, "exit").then(([code]) => {
      this.#news.emit("news");
      return typeof code === "number" ? code : null;
    });
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The first line from `from` on that `look` takes. */
  async line(look: (line: string) => boolean, from = 0): Promise<string> {
    const signal = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const found = this.lines.slice(from).find(look);
      if (found !== undefined) {
        return found;
      }
      if (!this.isRunning) {
        throw new Error(`the process ended: ${this.lines.slice(-20).join("\n")}`);
      }
      try {
        await once(this.#news, "news", { signal });
      } catch {
        throw new Error(`the line did not come: ${this.lines.slice(-20).join("\n")}`);
      }
    }
  }

  /** `kill -9` of the process and everything that it started. */
  async kill(): Promise<void> {
    this.#signal(-this.pid, "SIGKILL");
    await this.exited;
  }

  /** Neither answers nor ends until it is thawed, with everything that it started. */
  freeze(): void {
    this.#signal(-this.pid, "SIGSTOP");
  }

  thaw(): void {
    this.#signal(-this.pid, "SIGCONT");
  }

  async terminate(): Promise<number | null> {
    this.#signal(this.pid, "SIGTERM");
    return this.exited;
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already.
    }
  }

  #take(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) {
      this.lines.splice(1, 1);
    }
    this.#news.emit("news");
  }
}
