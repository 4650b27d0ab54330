/**
 * Podman's raw log file. A line is `TIME STREAM TAG CONTENT`; tag F ends a line of the program, P is a piece of one.
 * The content is bytes, not text, and may hold anything but a newline.
 */
import { open } from "node:fs/promises";

export type LogLine = {
  stream: "stdout" | "stderr";
  /** The program's bytes, with the newline that it wrote itself. */
  content: Buffer;
};

const NEWLINE = 10;
const HEADER = /^\S{1,64} (stdout|stderr) ([FP])(?::[A-Z])* /;
const MAX_HEADER_BYTES = 96;

/** One line without its own newline; null for what is no line of a log. */
export function parseLogLine(line: Buffer): LogLine | null {
  const head = HEADER.exec(line.toString("latin1", 0, MAX_HEADER_BYTES));
  const [text, stream, tag] = head ?? [];
  if (text === undefined) {
    return null;
  }
  const content = line.subarray(text.length);
  return {
    stream: stream === "stderr" ? "stderr" : "stdout",
    content: tag === "F" ? Buffer.concat([content, Buffer.of(NEWLINE)]) : content,
  };
}

/** The lines of a piece of a log. A last line that its writer did not finish is given too. */
export function* splitLog(bytes: Buffer): Generator<LogLine> {
  let from = 0;
  while (from < bytes.length) {
    const found = bytes.indexOf(NEWLINE, from);
    const end = found < 0 ? bytes.length : found;
    const line = parseLogLine(bytes.subarray(from, end));
    if (line !== null) {
      yield line;
    }
    from = end + 1;
  }
}

/**
 * One byte of output takes at most this many of the file: an empty line is a header of 45 bytes, some more with the
 * offset of a time zone, and its newline.
 */
const FILE_BYTES_PER_BYTE = 64;
/** The line that the window cuts through is lost; conmon cuts lines at 8 KiB. */
const LONGEST_LINE_BYTES = 32 * 1024;

/**
 * The last `maxBytes` of what the program wrote, both streams in the order of the file; empty for no file. Reads only
 * the file's end. After a rotation that is what is left in the new file.
 */
export async function readTail(logFile: string, maxBytes: number): Promise<Buffer> {
  const window = await readEnd(logFile, maxBytes * FILE_BYTES_PER_BYTE + LONGEST_LINE_BYTES);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (const { content } of splitLog(window)) {
    pieces.push(content);
    bytes += content.length;
    // Keeps the memory at twice what is asked for, however full the window is.
    while (pieces.length > 0 && bytes - (pieces[0]?.length ?? 0) >= maxBytes) {
      bytes -= pieces.shift()?.length ?? 0;
    }
  }
  const all = Buffer.concat(pieces);
  return all.subarray(Math.max(0, all.length - maxBytes));
}

async function readEnd(path: string, windowBytes: number): Promise<Buffer> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return null;
    }
    throw error;
  });
  if (file === null) {
    return Buffer.alloc(0);
  }
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - windowBytes);
    const buffer = Buffer.alloc(size - from);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const read = buffer.subarray(0, bytesRead);
    // A window that begins inside a line begins with the next one; its first bytes could look like a header.
    return from === 0 ? read : read.subarray(read.indexOf(NEWLINE) + 1);
  } finally {
    await file.close();
  }
}
