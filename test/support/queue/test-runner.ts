/** A runner that says what a test tells it to, over a fake socket, in frames of the protocol. */

import type { Capacity } from "../../../shared/capacity.ts";
import { encodeFrame } from "../../../shared/codec.ts";
import type { Failure } from "../../../shared/failure.ts";
import type { Ref } from "../../../shared/ids.ts";
import type { Exited, Fact, Hello, RunnerFrame, Verdict, Welcome } from "../../../shared/protocol.ts";
import type { FakeLine } from "./fake-line.ts";
import { GIBIBYTE } from "./new-job.ts";
import { CATEGORY, type QueueUnderTest, signed } from "./queue-under-test.ts";

type Options = { id?: string; instance?: string; cpu?: number; gpuKind?: string };
const NOTHING = { cpu: 0, memoryBytes: 0, gpu: 0 };

/** `cpu` cores, a GiB of memory to each. */
export function aCapacity({ cpu = 4, change = {} }: { cpu?: number; change?: Partial<Capacity> } = {}): Capacity {
  return { total: { cpu, memoryBytes: cpu * GIBIBYTE, gpu: 0 }, gpuKind: null, closed: null, ...change };
}

export const CLOSED: Partial<Capacity> = { closed: { code: "draining", text: "The machine is drained." } };

export function anExit(change: Partial<Exited> = {}): Exited {
  return {
    kind: "exited",
    cause: "exit",
    reason: null,
    exitCode: 0,
    oom: false,
    ranMs: 1_000,
    agoMs: 0,
    tail: null,
    ...change,
  };
}

export const STARTED: Extract<Fact, { kind: "started" }> = { kind: "started", agoMs: 0, imageDigest: null };

export class TestRunner {
  readonly id: string;
  readonly publicKey: string;
  instance: string;
  capacity: Capacity;
  usedElsewhere = NOTHING;
  heldElsewhere = false;
  line: FakeLine;
  readonly #queue: QueueUnderTest;

  /** With an open line that has said nothing yet. */
  constructor(queue: QueueUnderTest, { id = "runner-1", instance = "1".repeat(16), cpu = 4, gpuKind }: Options = {}) {
    this.#queue = queue;
    this.id = id;
    this.publicKey = `key of ${id}`;
    this.instance = instance;
    this.capacity = aCapacity({ cpu, change: gpuKind === undefined ? {} : { gpuKind } });
    this.line = this.#open();
  }

  /** A new socket; the old one is left as it is. */
  reopen(): FakeLine {
    this.line = this.#open();
    return this.line;
  }

  async hello(change: Partial<Hello> = {}): Promise<void> {
    await this.say(this.aHello(change));
  }

  /** A new socket and `hello` on it; the verdicts that `welcome` brings. */
  async reconnect(inventory: Hello["inventory"] = []): Promise<Welcome["verdicts"]> {
    this.reopen();
    await this.hello({ inventory });
    return this.welcome().verdicts;
  }

  welcome(): Welcome {
    const welcome = this.line.heard("welcome").at(-1);
    if (welcome === undefined) {
      throw new Error(`${this.id} was not welcomed`);
    }
    return welcome;
  }

  aHello(change: Partial<Hello> = {}): Hello {
    const nonce = this.line.heard("challenge")[0]?.nonce ?? "";
    const { id: runner, publicKey, instance } = this;
    return {
      type: "hello",
      proof: signed({ publicKey, nonce, runner, category: CATEGORY, instance }),
      instance,
      version: "0.1.0",
      machine: { hostname: runner, arch: "x64", podman: "4.3.1" },
      capacity: this.capacity,
      usedElsewhere: this.usedElsewhere,
      inventory: [],
      ...change,
    };
  }

  async say(frame: RunnerFrame, line = this.line): Promise<void> {
    await this.sayText(encodeFrame(frame), line);
  }

  async sayText(message: unknown, line = this.line): Promise<void> {
    if (line.closed === null) {
      await this.#queue.queue.message(line, message);
    }
  }

  accept(ref: Ref, ready = false): Promise<void> {
    return this.say({ type: "accept", ref, ready });
  }

  ready(ref: Ref): Promise<void> {
    return this.say({ type: "ready", ref });
  }

  fact(ref: Ref, fact: Fact): Promise<void> {
    return this.say({ type: "fact", ref, fact });
  }

  refuse(ref: Ref, failure: Failure): Promise<void> {
    return this.say({
      type: "refuse",
      ref,
      failure,
      capacity: this.capacity,
      usedElsewhere: this.usedElsewhere,
    });
  }

  report(capacity: Capacity = this.capacity): Promise<void> {
    this.capacity = capacity;
    const { usedElsewhere, heldElsewhere } = this;
    return this.say({ type: "capacity", capacity, usedElsewhere, heldElsewhere });
  }

  /** The line stays open, but nothing comes over it any more. */
  fallSilent(): void {
    this.line.silentSinceMs = this.#queue.nowMs;
  }

  speakAgain(): void {
    this.line.silentSinceMs = null;
  }

  /** The attempts that it was offered on this line. */
  offers(): Ref[] {
    return this.line.heard("offer").map(({ ref }) => ref);
  }

  /** The cores that it was last asked to keep on this line; null: none, or no more. */
  heldCpu(): number | null {
    return this.line.heard("hold").at(-1)?.need?.cpu ?? null;
  }

  offered(): Ref {
    const ref = this.offers().at(-1);
    if (ref === undefined) {
      throw new Error(`${this.id} was offered nothing`);
    }
    return ref;
  }

  verdictOn({ job, incarnation, attempt }: Ref): Verdict | undefined {
    return this.welcome().verdicts.find(
      ({ ref }) => ref.job === job && ref.incarnation === incarnation && ref.attempt === attempt,
    )?.verdict;
  }

  /** What was last answered to a fact: `ack started`, `forget`. */
  lastAnswer(): string {
    const answer = this.line.frames.findLast(({ type }) => type === "ack" || type === "forget");
    return answer?.type === "ack" ? `ack ${answer.kind}` : (answer?.type ?? "nothing");
  }

  #open(): FakeLine {
    return this.#queue.openLine({ id: this.id, name: this.id, publicKey: this.publicKey });
  }
}

/** Connected, proven, with nothing on it. */
export async function aRunner(queue: QueueUnderTest, options: Options = {}): Promise<TestRunner> {
  const runner = new TestRunner(queue, options);
  await runner.hello();
  return runner;
}
