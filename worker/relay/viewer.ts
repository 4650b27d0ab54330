/**
 * One viewer's stream, as its relay keeps it: in the socket's attachment, so that it survives the object's hibernation.
 *
 * Nobody on this platform can see how far a socket's other end has read. What can be seen is whether the Worker that
 * holds the viewer's socket takes its parcels, and how much a viewer was sent altogether; docs/adr/0011 has the rules.
 */
import * as z from "zod/mini";
import { type Entry, WINDOW_CHUNKS } from "../../shared/relay.ts";
import { noteFrame, outputFrame, responseFrame, tickFrame, voiceSchema } from "./framing.ts";
import { type Position, packParcel, positionSchema } from "./parcel.ts";

export const MAX_VIEWER_BYTES = 32 * 1024 * 1024;

const viewerSchema = z.object({
  kind: z.literal("viewer"),
  voice: voiceSchema,
  /** Its number in the frames between relay and runner. */
  stream: z.number(),
  position: positionSchema,
  /** Parcels that the Worker has not taken yet, and whether it took one since the last tick. */
  open: z.number(),
  tookSome: z.boolean(),
  /** Ticks since it had something of the log, or since the log's runner was lost. */
  waitedTicks: z.number(),
});
type Kept = z.infer<typeof viewerSchema>;

/** What a Worker says of the viewer that it brings. */
export const arrivalSchema = z.object({ voice: voiceSchema, position: positionSchema });
export type Arrival = z.infer<typeof arrivalSchema>;

const CUT = "This view of the log ends here because it has become too long; the whole log is kept with the job's files";

const NEW = { open: 0, tookSome: true, waitedTicks: 0 };

export class Viewer {
  readonly socket: WebSocket;
  #kept: Kept;

  private constructor(socket: WebSocket, kept: Kept) {
    this.socket = socket;
    this.#kept = kept;
  }

  static arrive(socket: WebSocket, { voice, position }: Arrival, stream: number): Viewer {
    const viewer = new Viewer(socket, { kind: "viewer", voice, stream, position, ...NEW });
    viewer.#keep({});
    return viewer;
  }

  static of(socket: WebSocket): Viewer {
    return new Viewer(socket, viewerSchema.parse(socket.deserializeAttachment()));
  }

  /** Of a socket that has broken, whose attachment may be gone; null: it is. */
  static streamOf(socket: WebSocket): number | null {
    return viewerSchema.safeParse(socket.deserializeAttachment()).data?.stream ?? null;
  }

  get stream(): number {
    return this.#kept.stream;
  }

  get position(): Position {
    return this.#kept.position;
  }

  get credit(): number {
    return Math.max(0, WINDOW_CHUNKS - this.#kept.open);
  }

  /** Where to begin in the log of this attempt. */
  cursor(attempt: number): string | null {
    return this.position.attempt === attempt ? this.position.cursor : null;
  }

  /** False when it has had as much as one view may have: then nothing more of the log follows. */
  show(entries: Entry[], next: { cursor: string; bytes: number; attempt: number }, maxBytes: number): boolean {
    const { voice, position } = this.#kept;
    const written = entries.reduce((sum, { text }) => sum + text.length, 0);
    // Whatever the runner says of it.
    const sent = position.sent + Math.max(next.bytes, written);
    const isShown = sent > maxBytes;
    const frames = entries.map(({ from, text }) =>
      outputFrame(voice, from === "stdout" ? { stdout: text } : { stderr: text }),
    );
    this.#keep({
      position: { cursor: next.cursor, attempt: next.attempt, sent, isShown },
      open: this.#kept.open + 1,
      waitedTicks: 0,
    });
    this.#send(true, isShown ? [...frames, noteFrame(voice, CUT)] : frames);
    return !isShown;
  }

  /** Nothing more of the log will come; the stream itself goes on until UCloud knows that the job is over. */
  shown(note: string | null): void {
    if (!this.position.isShown) {
      this.#keep({ position: { ...this.position, isShown: true } });
      this.#send(false, note === null ? [] : [noteFrame(this.#kept.voice, note)]);
    }
  }

  /** The end of the log as it was kept at the edge. */
  showTail(note: string, text: string): void {
    if (!this.position.isShown) {
      this.#keep({ position: { ...this.position, isShown: true } });
      const { voice } = this.#kept;
      this.#send(false, [noteFrame(voice, note), outputFrame(voice, { stdout: text })]);
    }
  }

  get waitedTicks(): number {
    return this.#kept.waitedTicks;
  }

  /** The log's runner is gone; it may come back. */
  wait(): void {
    this.#keep({ waitedTicks: 0 });
  }

  took(): void {
    this.#keep({ open: Math.max(0, this.#kept.open - 1), tookSome: true });
  }

  /** False when its Worker has taken nothing for a whole tick although something waits. */
  tick(): boolean {
    if (this.#kept.open > 0 && !this.#kept.tookSome) {
      return false;
    }
    this.#keep({ tookSome: this.#kept.open === 0, waitedTicks: this.#kept.waitedTicks + 1 });
    this.#send(false, [tickFrame(this.#kept.voice)]);
    return true;
  }

  end(status: number, note: string | null): void {
    const { voice } = this.#kept;
    this.#send(false, [...(note === null ? [] : [noteFrame(voice, note)]), responseFrame(voice, status)]);
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.close(1000, "end");
    }
  }

  #keep(changes: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...changes };
    this.socket.serializeAttachment(this.#kept);
  }

  #send(ack: boolean, frames: string[]): void {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(packParcel({ position: this.position, ack, frames }));
    }
  }
}
