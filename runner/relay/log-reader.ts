/**
 * Reads a log from a cursor on, in pieces of whole lines of the file: what the program wrote on both of its streams in
 * their order, as text. It never waits: at the end of what there is it says so.
 */

import type { Entry } from "../../shared/relay.ts";
import { splitLog } from "../engine/k8s-log.ts";
import { beginsLate, GAP, READ_BYTES, wholeLines } from "../engine/log-content.ts";
import { type Cursor, readCursor, writeCursor } from "./cursor.ts";
import { type LogFile, LogFiles } from "./log-files.ts";
import { decodeOutput } from "./output-text.ts";

const NEWLINE = 10;
const NO_BYTES = Buffer.alloc(0);

export type Piece = { entries: Entry[]; bytes: number; cursor: string };

export class LogReader {
  readonly #files: LogFiles;
  readonly #startedAtMs: number | null;
  #wanted: Cursor | null;
  #place: Omit<Cursor, "inode"> = { offset: 0, stdout: NO_BYTES, stderr: NO_BYTES };
  #isOpen = false;
  /** What is kept of it is copied. */
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);

  /** `startedAtMs`: by this machine's clock, within seconds; null: not known. */
  constructor(path: string, from: { cursor: string | null; startedAtMs: number | null }) {
    this.#files = new LogFiles(path);
    this.#wanted = readCursor(from.cursor);
    this.#startedAtMs = from.startedAtMs;
  }

  /** False: there is no such file (yet). */
  get isThere(): boolean {
    return this.#files.current !== null;
  }

  look(): Promise<void> {
    return this.#files.look();
  }

  close(): Promise<void> {
    return this.#files.close();
  }

  /**
   * The next piece of at most `maxBytes` of output; null: nothing more for now. `isOver`: nobody writes any more, so a
   * last line that was not finished counts too.
   */
  async read(maxBytes: number, isOver: boolean): Promise<Piece | null> {
    await this.look();
    const file = this.#files.current;
    if (file === null) {
      return null;
    }
    if (!this.#isOpen) {
      this.#isOpen = true;
      const gap = this.#begin(file);
      if (gap !== null) {
        return gap;
      }
    }
    const { hasNext } = this.#files;
    const piece = await this.#readFile(file, maxBytes, isOver || hasNext);
    if (piece !== null || !hasNext) {
      return piece;
    }
    return this.#turnPage(maxBytes, isOver);
  }

  /** What the file before still had was read after the next one took its place, so nothing more can come. */
  async #turnPage(maxBytes: number, isOver: boolean): Promise<Piece | null> {
    await this.#files.next();
    this.#place = { ...this.#place, offset: 0 };
    const file = this.#files.current;
    if (file?.afterGap) {
      file.afterGap = false;
      return this.#gap(file);
    }
    return this.read(maxBytes, isOver);
  }

  #begin(file: LogFile): Piece | null {
    if (this.#wanted === null) {
      return beginsLate(file.bornMs, this.#startedAtMs) ? this.#gap(file) : null;
    }
    const { inode, ...place } = this.#wanted;
    if (inode !== file.inode) {
      return this.#gap(file);
    }
    this.#place = place;
    return null;
  }

  #gap(file: LogFile): Piece {
    this.#place = { offset: 0, stdout: NO_BYTES, stderr: NO_BYTES };
    return { entries: [{ from: "stderr", text: GAP }], bytes: 0, cursor: this.#cursor(file) };
  }

  /** Half a character that its program never finished. */
  finish(): Entry[] {
    const halves: Entry["from"][] = ["stdout", "stderr"];
    return halves.filter((from) => this.#place[from].length > 0).map((from) => ({ from, text: "\ufffd" }));
  }

  cursor(): string {
    return writeCursor({ inode: this.#files.current?.inode ?? "", ...this.#place });
  }

  async #readFile(file: LogFile, maxBytes: number, isWhole: boolean): Promise<Piece | null> {
    const { bytesRead } = await file.handle.read(this.#buffer, 0, READ_BYTES, this.#place.offset);
    const isFull = bytesRead === READ_BYTES;
    const lines = wholeLines(this.#buffer.subarray(0, bytesRead), isWhole && !isFull);
    if (lines.length === 0 && isFull) {
      // No line of Podman's is that long: whatever it is, it must not stop the rest.
      this.#place = { ...this.#place, offset: this.#place.offset + bytesRead };
      return { entries: [], bytes: 0, cursor: this.#cursor(file) };
    }
    if (lines.length === 0) {
      return null;
    }
    return this.#pieceOf(file, lines, maxBytes);
  }

  #pieceOf(file: LogFile, lines: Buffer, maxBytes: number): Piece {
    const entries: Entry[] = [];
    let bytes = 0;
    let used = 0;
    while (used < lines.length && bytes < maxBytes) {
      const found = lines.indexOf(NEWLINE, used);
      const end = found < 0 ? lines.length : found + 1;
      for (const { stream, content } of splitLog(lines.subarray(used, end))) {
        if (bytes > 0 && bytes + content.length > maxBytes) {
          return this.#done(file, entries, bytes, used);
        }
        this.#add(entries, stream, content);
        bytes += content.length;
      }
      used = end;
    }
    return this.#done(file, entries, bytes, used);
  }

  #done(file: LogFile, entries: Entry[], bytes: number, used: number): Piece {
    this.#place = { ...this.#place, offset: this.#place.offset + used };
    return { entries, bytes, cursor: this.#cursor(file) };
  }

  #add(entries: Entry[], from: Entry["from"], content: Buffer): void {
    const { text, rest } = decodeOutput(this.#place[from], content);
    this.#place = { ...this.#place, [from]: rest };
    const last = entries.at(-1);
    if (last?.from === from) {
      last.text += text;
    } else if (text !== "") {
      entries.push({ from, text });
    }
  }

  #cursor({ inode }: LogFile): string {
    return writeCursor({ inode, ...this.#place });
  }
}
