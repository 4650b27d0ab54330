/**
 * `accounting.jsonl`: one line for each attempt that ran and has ended, for the question "who was it" after the gateway has
 * forgotten the job. Lines are kept for 180 days, by files that are set aside each week or when one is full.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";

const FILE = "accounting.jsonl";
const ASIDE = /^accounting-(\d+)\.jsonl$/;
const DAY_MS = 86_400_000;
const KEEP_MS = 180 * DAY_MS;
/** So much longer than that a line may be kept at most. */
const ROTATE_MS = 7 * DAY_MS;
/** About 40 000 attempts. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Half a GiB in all; beyond it the oldest go early. */
const MAX_ASIDE = 31;

export type AccountLine = {
  job: string;
  incarnation: string;
  attempt: number;
  rank: number;
  category: string;
  workspace: string | null;
  /** null: to others a job has the machine's. */
  address: string | null;
  image: string | null;
  imageDigest: string | null;
  acceptedAt: string;
  startedAt: string | null;
  endedAt: string;
  ranMs: number | null;
  cause: string;
  exitCode: number | null;
  peakMemoryBytes: number | null;
};

export class AccountingFile {
  readonly #folder: string;
  readonly #nowMs: () => number;

  constructor(folder: string, nowMs: () => number) {
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  /** Throws when it cannot be written. */
  append(line: AccountLine): void {
    this.tidy();
    const path = join(this.#folder, FILE);
    // A crash can have left half a line, which must not swallow this one.
    const bytes = sizeOf(path) ?? 0;
    const isTorn = bytes > 0 && textAt(path, bytes - 1) !== "\n";
    appendFileSync(path, `${isTorn ? "\n" : ""}${JSON.stringify({ at: this.#now(), ...line })}\n`, { mode: 0o600 });
    chmodSync(path, 0o600);
  }

  /** Sets the file aside when its first line is a week old or it is full, and removes what is too old. */
  tidy(): void {
    const path = join(this.#folder, FILE);
    const bytes = sizeOf(path);
    if (bytes !== null && (bytes >= MAX_BYTES || this.#nowMs() - firstMs(path, this.#nowMs()) >= ROTATE_MS)) {
      renameSync(path, join(this.#folder, `accounting-${this.#nowMs()}.jsonl`));
    }
    const aside = readdirSync(this.#folder)
      .flatMap((name) => (ASIDE.test(name) ? [{ name, atMs: Number(ASIDE.exec(name)?.[1]) }] : []))
      .sort((a, b) => a.atMs - b.atMs);
    const excess = aside.length - MAX_ASIDE;
    for (const [index, { name, atMs }] of aside.entries()) {
      if (index < excess || atMs + KEEP_MS <= this.#nowMs()) {
        rmSync(join(this.#folder, name), { force: true });
      }
    }
  }

  #now(): string {
    return new Date(this.#nowMs()).toISOString();
  }
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

const LOOK_BYTES = 64;

function textAt(path: string, position: number): string {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(LOOK_BYTES);
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, LOOK_BYTES, position));
  } finally {
    closeSync(file);
  }
}

/** A first line that cannot be read is of now: nothing is set aside for it before the file is full. */
function firstMs(path: string, nowMs: number): number {
  const at = /^\{"at":"([^"]+)"/.exec(textAt(path, 0))?.[1] ?? "";
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? nowMs : atMs;
}
