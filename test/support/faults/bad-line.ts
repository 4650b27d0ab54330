/**
 * A TCP line between two parts of the system that does what lines do: it breaks at any byte, goes dead without a word,
 * is slow, keeps things back, says things twice. It is sound until a test asks for something; what is random follows a
 * seed.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Dice } from "../simulation/dice.ts";
import { type Condition, Passage, type Way } from "./passage.ts";

type Target = { port: number } | { path: string };
type Cut = { way: Way; bytes: number };

/** The words of an upgrade and of some frames. */
const RANDOM_CUT_BYTES = 6_000;
const RANDOM_DELAY_MS = 60;

export class BadLine {
  readonly #server: Server;
  readonly #target: Target;
  #passages: Passage[] = [];
  readonly #conditions: Record<Way, Condition> = { up: "open", down: "open" };
  #cuts: Cut[] = [];
  #dice: Dice | null = null;
  #refuses = false;
  /** Whether what was said up is kept, to be said again. */
  keeps = false;
  /** Each byte comes this much later, on connections made from now on. */
  delayMs = 0;
  /** How many connections were made. */
  dialled = 0;

  private constructor(target: Target) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#connected(near));
  }

  /** On a free port, or on a socket file. */
  static async start(target: Target, socketPath?: string): Promise<BadLine> {
    const line = new BadLine(target);
    line.#server.listen(socketPath === undefined ? { port: 0, host: "127.0.0.1" } : { path: socketPath });
    await once(line.#server, "listening");
    return line;
  }

  /** To the server of this URL. */
  static to(url: string): Promise<BadLine> {
    return BadLine.start({ port: Number(new URL(url).port) });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Everything that is connected breaks; new connections pass. */
  cut(): void {
    for (const passage of this.#passages.splice(0)) {
      passage.cut();
    }
  }

  /** The next connections break after so many bytes, one each. */
  cutNext(...cuts: Cut[]): void {
    this.#cuts.push(...cuts);
  }

  /** As a host that is down: who is connected is cut off, and nobody gets through. */
  refuse(): void {
    this.#refuses = true;
    this.cut();
  }

  /** From now on, for what is connected and for what will be. `dead` is the half-open line: no byte and no end. */
  set(condition: Condition, ...ways: Way[]): void {
    for (const way of ways.length === 0 ? (["up", "down"] as const) : ways) {
      this.#conditions[way] = condition;
      for (const passage of this.#passages) {
        passage.set(way, condition);
      }
    }
  }

  /** Each new connection is sound, slow, or cut somewhere, as the seed says. */
  misbehave(seed: number): void {
    this.#dice = new Dice(seed);
  }

  /** What was said up on the line so far is said once more, on a connection of its own each, and nobody hears the answer. */
  async sayAgain(): Promise<void> {
    const said = this.#passages.flatMap((passage) => (passage.said === null ? [] : [Buffer.concat(passage.said)]));
    await Promise.all(said.map((bytes) => this.#say(bytes)));
  }

  /** Sound again. What went dead stays dead. */
  heal(): void {
    this.#refuses = false;
    this.#dice = null;
    this.#cuts = [];
    this.delayMs = 0;
    this.set("open");
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #say(bytes: Buffer): Promise<void> {
    const far = connect(this.#target);
    far.on("error", () => {});
    far.write(bytes);
    far.resume();
    // Whatever is answered to a recorded upgrade stays open; an HTTP server closes when it has heard the end.
    far.end();
    await once(far, "close");
  }

  #connected(near: Socket): void {
    this.dialled += 1;
    near.on("error", () => {});
    if (this.#refuses) {
      near.destroy();
      return;
    }
    const dice = this.#dice;
    const delayMs = dice?.chance(0.3) ? dice.below(RANDOM_DELAY_MS) : this.delayMs;
    const far = connect({ ...this.#target, allowHalfOpen: true });
    const passage = new Passage(near, far, { delayMs, keeps: this.keeps });
    for (const way of ["up", "down"] as const) {
      passage.set(way, this.#conditions[way]);
    }
    const cut = this.#cuts.shift() ?? (dice === null ? null : randomCut(dice));
    if (cut !== null) {
      passage.cutAfter(cut.way, cut.bytes);
    }
    this.#passages.push(passage);
    near.on("close", () => {
      // What is to be said again is still wanted.
      this.#passages = this.#passages.filter((one) => one !== passage || one.said !== null);
    });
  }
}

function randomCut(dice: Dice): Cut | null {
  const way = dice.chance(0.5) ? "up" : "down";
  return dice.chance(0.6) ? { way, bytes: dice.below(RANDOM_CUT_BYTES) } : null;
}
