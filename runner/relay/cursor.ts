/**
 * A place in a log: which file (a rotated log is another one), how far into it, and the bytes of a character that was cut
 * there, for either stream. It travels to the relay and back as an opaque word.
 */
import * as z from "zod/mini";
import { whole } from "../../shared/schema.ts";

const cursorSchema = z.object({
  inode: z.string(),
  offset: whole(0),
  stdout: z.string(),
  stderr: z.string(),
});

export type Cursor = { inode: string; offset: number; stdout: Buffer; stderr: Buffer };

export function writeCursor({ inode, offset, stdout, stderr }: Cursor): string {
  return JSON.stringify({ inode, offset, stdout: stdout.toString("hex"), stderr: stderr.toString("hex") });
}

/** Null: at the beginning. */
export function readCursor(text: string | null): Cursor | null {
  if (text === null) {
    return null;
  }
  try {
    const { inode, offset, stdout, stderr } = cursorSchema.parse(JSON.parse(text));
    return { inode, offset, stdout: Buffer.from(stdout, "hex"), stderr: Buffer.from(stderr, "hex") };
  } catch {
    return null;
  }
}
