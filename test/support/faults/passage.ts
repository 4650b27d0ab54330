/** One connection through a bad line: two streams of bytes, each of which can be held back, go dead or be cut off. */
import type { Socket } from "node:net";

/** `up`: from who dialled to who answers. */
export type Way = "up" | "down";
/** `held`: kept until it is open again. `dead`: what comes is lost for good, and nobody is told. */
export type Condition = "open" | "held" | "dead";

const WAYS = ["up", "down"] as const;

class Stream {
  readonly from: Socket;
  readonly to: Socket;
  condition: Condition = "open";
  /** So many bytes pass before the connection breaks. */
  leftBytes = Number.POSITIVE_INFINITY;
  waiting: Buffer[] = [];
  hasEnded = false;

  constructor(from: Socket, to: Socket) {
    this.from = from;
    this.to = to;
  }
}

export class Passage {
  readonly #streams: Record<Way, Stream>;
  readonly #delayMs: number;
  /** What was said up, for who wants to say it again. */
  readonly said: Buffer[] | null;

  constructor(near: Socket, far: Socket, { delayMs, keeps }: { delayMs: number; keeps: boolean }) {
    this.#streams = { up: new Stream(near, far), down: new Stream(far, near) };
    this.#delayMs = delayMs;
    this.said = keeps ? [] : null;
    for (const way of WAYS) {
      const { from } = this.#streams[way];
      from.on("data", (bytes) => this.#late(() => this.#take(way, bytes)));
      from.on("end", () => this.#late(() => this.#end(way)));
      from.on("error", () => {});
      from.on("close", () => this.#late(() => this.#closed(way)));
    }
  }

  set(way: Way, condition: Condition): void {
    const stream = this.#streams[way];
    if (stream.condition === "dead") {
      // A stream that has lost bytes never goes on.
      return;
    }
    stream.condition = condition;
    if (condition === "dead") {
      stream.waiting = [];
    }
    if (condition === "open") {
      for (const bytes of stream.waiting.splice(0)) {
        this.#pass(way, bytes);
      }
      if (stream.hasEnded) {
        stream.to.end();
      }
    }
  }

  cutAfter(way: Way, bytes: number): void {
    this.#streams[way].leftBytes = bytes;
  }

  cut(): void {
    this.#streams.up.from.destroy();
    this.#streams.up.to.destroy();
  }

  #late(work: () => void): void {
    if (this.#delayMs === 0) {
      work();
    } else {
      // Timers of one length fire in order.
      setTimeout(work, this.#delayMs);
    }
  }

  #take(way: Way, bytes: Buffer): void {
    const stream = this.#streams[way];
    if (way === "up") {
      this.said?.push(bytes);
    }
    if (stream.condition === "held") {
      stream.waiting.push(bytes);
    } else if (stream.condition === "open") {
      this.#pass(way, bytes);
    }
  }

  #pass(way: Way, bytes: Buffer): void {
    const stream = this.#streams[way];
    if (stream.leftBytes <= bytes.length) {
      stream.condition = "dead";
      stream.to.end(bytes.subarray(0, stream.leftBytes), () => this.cut());
      return;
    }
    stream.leftBytes -= bytes.length;
    if (!stream.to.destroyed && !stream.to.write(bytes)) {
      stream.from.pause();
      stream.to.once("drain", () => stream.from.resume());
    }
  }

  #end(way: Way): void {
    const stream = this.#streams[way];
    stream.hasEnded = true;
    if (stream.condition === "open") {
      stream.to.end();
    }
  }

  /** Whoever is left hears of it, unless the line is dead towards it. */
  #closed(way: Way): void {
    const stream = this.#streams[way];
    if (stream.condition === "open" && !stream.hasEnded) {
      stream.to.destroy();
    }
  }
}
