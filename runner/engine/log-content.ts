/** A whole log of Podman's as what the program wrote: bytes, both streams in their order, in pieces of bounded size. */
import type { FileHandle } from "node:fs/promises";
import { splitLog } from "./k8s-log.ts";

/** A line of Podman's has 8 KiB of output at most, and a header. */
export const READ_BYTES = 128 * 1024;
const NEWLINE = 10;
/** The first file is made just before the program begins; one that is this much younger has taken its place. */
const YOUNGER_MS = 5_000;

export const GAP = "[A part of the log is missing here: it had grown beyond its limit, and the oldest was dropped]\n";

/**
 * The file came in the place of an older one. `startedAtMs`: by this machine's clock, within seconds. File systems that
 * keep no birth show a zero.
 */
export function beginsLate(bornMs: number, startedAtMs: number | null): boolean {
  return startedAtMs !== null && bornMs > startedAtMs + YOUNGER_MS;
}

/** From where it stands to the end of a log that nobody writes any more, so its last line counts too if it was not finished. */
export async function* outputOf(log: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let held = 0;
  for (let isEnd = false; !isEnd; ) {
    const { bytesRead } = await log.read(buffer, held, READ_BYTES - held);
    held += bytesRead;
    isEnd = bytesRead === 0;
    const lines = wholeLines(buffer.subarray(0, held), isEnd);
    if (lines.length > 0) {
      yield Buffer.concat([...splitLog(lines)].map(({ content }) => content));
    }
    // No line of Podman's fills the buffer: whatever it is, it must not stop the rest.
    const rest = lines.length === 0 && held === READ_BYTES ? 0 : held - lines.length;
    buffer.copyWithin(0, lines.length, lines.length + rest);
    held = rest;
  }
}

export function wholeLines(bytes: Buffer, isWhole: boolean): Buffer {
  return isWhole ? bytes : bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
}
