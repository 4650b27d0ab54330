/** One run of the renderer's process: what it wrote, how it ended, and whether it was ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Timers } from "../timers.ts";
import type { ChildCommand } from "./child-command.ts";

/** A machine under load starts a process slowly, and that is no template's fault. */
const LOAD_MS = 30_000;
/** From the child's first line on: of the processor's time, because the machine's jobs may leave it little. */
const WORK_MS = 2_000;
/** By the clock. */
const LONGEST_MS = 20_000;
/** Of the processor's time in /proc; the same on every Linux that Node runs on. */
const TICK_MS = 10;

/** `late`: it took its time. `starved`: it was given none. */
type Stopped = "late" | "starved" | "large" | "aborted";
export type Run = { output: string; end: number | NodeJS.Signals | null; stopped: Stopped | null };
type Given = { command: ChildCommand; input: string; maxBytes: number; timers: Timers; signal: AbortSignal };

/** Rejects when it cannot be started. */
export function runChild({ command, input, maxBytes, timers, signal }: Given): Promise<Run> {
  // Nothing is inherited: no environment, no descriptor but the two pipes, no folder.
  const child = spawn(command.file, command.args, { env: {}, cwd: "/", stdio: ["pipe", "pipe", "ignore"] });
  const chunks: Buffer[] = [];
  let stopped: Stopped | null = null;
  const stop = (why: Stopped) => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  const deadline = new Deadline(timers, child, stop);
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      stop("large");
      return;
    }
    chunks.push(chunk);
    if (chunk.includes("\n")) {
      deadline.ready();
    }
  });
  // A child that ends before it has read everything breaks the pipe; how it ended says more.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const abort = () => stop("aborted");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) {
    abort();
  }
  return new Promise<Run>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, killedBy) => {
      resolve({ output: Buffer.concat(chunks).toString("utf8"), end: code ?? killedBy, stopped });
    });
  }).finally(() => {
    deadline.over();
    signal.removeEventListener("abort", abort);
  });
}

class Deadline {
  readonly #timers: Timers;
  readonly #child: ChildProcess;
  readonly #stop: (why: "late" | "starved") => void;
  #takeBack: () => void;
  #usedBeforeMs: number | null = null;
  #waitedMs = 0;

  constructor(timers: Timers, child: ChildProcess, stop: (why: "late" | "starved") => void) {
    this.#timers = timers;
    this.#child = child;
    this.#stop = stop;
    this.#takeBack = timers.after(LOAD_MS, () => stop("starved"));
  }

  ready(): void {
    if (this.#usedBeforeMs === null) {
      this.#usedBeforeMs = processorMs(this.#child.pid) ?? 0;
      this.#wait(WORK_MS);
    }
  }

  over(): void {
    this.#takeBack();
  }

  #wait(ms: number): void {
    this.#takeBack();
    this.#takeBack = this.#timers.after(ms, () => {
      this.#waitedMs += ms;
      this.#look();
    });
  }

  #look(): void {
    const used = processorMs(this.#child.pid);
    const leftMs = used === null ? 0 : WORK_MS - (used - (this.#usedBeforeMs ?? 0));
    if (leftMs <= 0) {
      this.#stop("late");
    } else if (this.#waitedMs >= LONGEST_MS) {
      this.#stop("starved");
    } else {
      this.#wait(Math.max(leftMs, 5 * TICK_MS));
    }
  }
}

/** User and system time of all its threads; null where it cannot be read. */
function processorMs(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name before may hold blanks and brackets; from the state on, utime and stime are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? ticks * TICK_MS : null;
  } catch {
    return null;
  }
}
