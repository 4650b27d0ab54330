/**
 * One run of an operator's program: no shell, no arguments, an environment of our own making, a deadline. It is ended
 * with everything that it has started.
 */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type Timers, within } from "../timers.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** What a hook says is for the node's own log and status. */
const MAX_OUTPUT_CHARS = 4096;
const MAX_LINE_CHARS = 200;
/** Children that left the group may hold the pipes open. */
const PIPES_MS = 1_000;

export type HookRun = {
  path: string;
  environment: Record<string, string>;
  deadlineMs: number;
  timers: Timers;
  signal?: AbortSignal;
};

/** `why`: the first line that it wrote, or how it ended. */
/** `said`: the beginning of its output. */
export type HookEnd = { ok: true; said?: string } | { ok: false; why: string };

export async function runHook({ path, environment, deadlineMs, timers, signal }: HookRun): Promise<HookEnd> {
  const child = spawn(path, [], {
    env: { PATH, ...environment },
    cwd: "/",
    // A group of its own, to be ended as one.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [child.stderr, child.stdout].map(beginningOf);
  let late = false;
  const end = () => killGroup(child.pid);
  const takeBack = timers.after(deadlineMs, () => {
    late = true;
    end();
  });
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) {
    end();
  }
  const status = await new Promise<number | string>((resolve) => {
    child.on("error", () => resolve("it cannot be started"));
    child.on("exit", (code, killedBy) => resolve(code ?? `it was ended by ${killedBy}`));
  });
  takeBack();
  signal?.removeEventListener("abort", end);
  await within(timers, PIPES_MS, Promise.all(said.map(({ ended }) => ended)));
  if (status === 0) {
    return { ok: true, said: said.map(({ text }) => text).join("\n") };
  }
  return { ok: false, why: late ? `it took longer than ${deadlineMs / 1000} s` : firstLine(said) || wordsOf(status) };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function beginningOf(pipe: Readable) {
  const beginning = { text: "", ended: new Promise((end) => pipe.on("close", end)) };
  pipe.on("data", (chunk: Buffer) => {
    beginning.text = (beginning.text + chunk.toString("utf8")).slice(0, MAX_OUTPUT_CHARS);
  });
  return beginning;
}

/** What it complains of before what it says. */
function firstLine(said: { text: string }[]): string {
  const lines = said.flatMap(({ text }) => text.split("\n"));
  const line = lines.find((text) => text.trim() !== "") ?? "";
  return line
    .replace(/\p{Cc}/gu, " ")
    .trim()
    .slice(0, MAX_LINE_CHARS);
}

function wordsOf(status: number | string): string {
  return typeof status === "number" ? `exit code ${status}` : status;
}
