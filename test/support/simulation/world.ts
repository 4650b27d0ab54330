/**
 * A gateway's real queue, two runners and UCloud, in virtual time: one random event after the other, and at the end a
 * calm in which everything must come to rest. Whatever the order was, no container starts twice, no accepted job stays
 * without an end, and UCloud hears in order.
 */
import { DEFAULT_TIMES, stopMargin, type Times, timesSchema } from "../../../shared/times.ts";
import type { NewJob } from "../../../worker/queue/api.ts";
import type { QueuePorts } from "../../../worker/queue/ports.ts";
import { Queue } from "../../../worker/queue/queue.ts";
import { LOST_TEXT, SUCCESS_TEXT } from "../../../worker/queue/words.ts";
import { aPlan } from "../engine.ts";
import { CoreModel } from "./core-model.ts";
import { Dice } from "./dice.ts";
import { openMemoryDatabase } from "./memory-sql.ts";
import { RunnerModel } from "./runner-model.ts";
import { Wire } from "./wire.ts";

const CATEGORY = "example-compute";
const OWNER = { createdBy: "user", project: null };
const TIMES: Times = timesSchema.parse({ ...DEFAULT_TIMES });
const MAX_SILENCE_MS = 300_000;
const CALM_ROUNDS = 600;
/** UCloud's own patience with a create. */
const PATIENCE_MS = 5_000;

type Answering = { id: string; createdAt: number; untilMs: number };

export class World {
  readonly dice: Dice;
  readonly core: CoreModel;
  readonly starts: string[] = [];
  readonly runners: RunnerModel[];
  readonly trace: string[] = [];
  #nowMs = 1_700_000_000_000;
  #alarmMs: number | null = null;
  #isAlarmRunning = false;
  #generation = 0;
  #wires: { wire: Wire; runner: RunnerModel }[] = [];
  #answering: Answering[] = [];
  #queue: Queue;
  readonly #database = openMemoryDatabase();

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.core = new CoreModel(this.dice);
    this.runners = ["r1", "r2"].map((id) => new RunnerModel(id, this.dice, this.starts));
    this.#queue = new Queue(this.#ports());
  }

  close(): void {
    this.#database.close();
  }

  async run(steps: number): Promise<void> {
    for (const runner of this.runners) {
      this.#connect(runner);
    }
    for (let step = 0; step < steps; step++) {
      await this.#randomEvent();
    }
    await this.#calm();
  }

  /** What must hold, whatever happened. */
  problems(): string[] {
    const problems = [...this.core.violations];
    const seen = new Set<string>();
    for (const start of this.starts) {
      if (seen.has(start)) {
        problems.push(`started twice: ${start}`);
      }
      seen.add(start);
    }
    for (const job of this.core.jobs.values()) {
      const states = job.states.map(({ state }) => state);
      if (states.at(-1) === undefined || states.at(-1) === "RUNNING") {
        problems.push(`${job.id} has no end: ${states.join(", ")}; ${JSON.stringify(this.#queue.job(job.id))}`);
      }
      if (job.states.at(-1)?.text === SUCCESS_TEXT && states[0] !== "RUNNING") {
        problems.push(`${job.id} ran and UCloud did not hear of it first: ${states.join(", ")}`);
      }
    }
    for (const runner of this.runners) {
      for (const one of runner.held.values()) {
        problems.push(`${runner.id} still holds ${one.ref.job} (${one.phase})`);
      }
    }
    return problems;
  }

  async #randomEvent(): Promise<void> {
    const roll = this.dice.next();
    const events: [number, string, () => void | Promise<void>][] = [
      [0.09, "create", () => this.#create()],
      [0.15, "answer", () => this.#answerOne()],
      [0.19, "terminate", () => this.#terminate()],
      [0.26, "connect", () => this.#connect(this.dice.pick(this.runners))],
      [0.46, "to gateway", () => this.#deliverToGateway()],
      [0.66, "to runner", () => this.#deliverToRunner()],
      [0.78, "node", () => void this.dice.pick(this.runners)?.live(this.#nowMs)],
      [0.85, "request", () => this.#finishRequest()],
      [0.875, "cut", () => this.#cut()],
      [0.895, "crash", () => this.#crashRunner()],
      [0.92, "evict", () => this.#evict()],
      [0.925, "revoke", () => this.#revoke()],
      [0.93, "forget", () => this.#forgetAtCore()],
      [0.935, "outage", () => this.#toggleOutage()],
      [1, "time", () => this.#advance([50, 300, 7_000, 20_000, 95_000, 320_000][this.dice.below(6)] ?? 0)],
    ];
    const event = events.find(([bound]) => roll < bound);
    this.trace.push(event?.[1] ?? "");
    await event?.[2]();
    await this.#settle();
  }

  /** Nothing fails any more, everything is delivered, time goes on. */
  async #calm(): Promise<void> {
    this.trace.push("calm");
    this.core.isDown = false;
    for (let round = 0; round < CALM_ROUNDS && !this.#isAtRest(); round++) {
      while (this.#answering.length > 0) {
        this.#answerOne();
      }
      for (const runner of this.runners) {
        this.#queue.reinstate(runner.id);
        this.#connect(runner);
      }
      await this.#deliverAll();
      for (const runner of this.runners) {
        while (runner.live(this.#nowMs)) {
          await this.#deliverAll();
        }
      }
      await this.#advance(Math.max(1_000, (this.#alarmMs ?? 0) - this.#nowMs));
      await this.#deliverAll();
    }
  }

  #isAtRest(): boolean {
    const told = [...this.core.jobs.values()].every(({ state }) => state !== "IN_QUEUE" && state !== "RUNNING");
    return told && this.runners.every(({ held }) => held.size === 0) && this.#queue.state.jobs.countUntold() === 0;
  }

  async #deliverAll(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      for (const { wire } of this.#wires) {
        while (wire.toGateway.length > 0 || wire.toRunner.length > 0) {
          await this.#passToGateway(wire);
          this.#passToRunner(wire);
          await this.#settle();
        }
        this.#noticeClose(wire);
      }
      while (this.core.pending.length > 0) {
        this.core.pending.shift()?.apply();
        await this.#settle();
      }
      if (this.#wires.every(({ wire }) => wire.toGateway.length + wire.toRunner.length === 0)) {
        return;
      }
    }
  }

  #create(): void {
    const id = String(1 + this.dice.below(3));
    const known = this.core.jobs.get(id);
    if (known !== undefined && !isOver(known.state)) {
      if (!known.stored) {
        // UCloud repeats a create that was answered 503.
        this.#queue.create([this.#newJob(id, known.createdAt)], null);
      }
      return;
    }
    this.#answering = this.#answering.filter((one) => one.id !== id);
    // UCloud gives an id away again after hours, never while a request about it is under way.
    for (const pending of this.core.pending.splice(0)) {
      pending.apply();
    }
    this.#nowMs += 1;
    const createdAt = this.#nowMs;
    this.core.jobs.set(id, {
      id,
      createdAt,
      owner: OWNER,
      product: { id: "small", category: CATEGORY },
      state: "IN_QUEUE",
      states: [],
      stored: false,
    });
    this.#queue.create([this.#newJob(id, createdAt)], null);
    this.#answering.push({ id, createdAt, untilMs: this.#nowMs + PATIENCE_MS });
  }

  #newJob(id: string, createdAt: number): NewJob {
    const plan = aPlan({ maxSilenceMs: MAX_SILENCE_MS, resources: { cpu: 1, memoryBytes: 2 ** 30, gpu: 0 } });
    return { id, createdAt, owner: OWNER, productId: "small", plan };
  }

  /** The create's answer arrives, or UCloud gives the job up; the gateway may or may not see its answer leave. */
  #answerOne(): void {
    const one = this.#answering.shift();
    const job = one && this.core.jobs.get(one.id);
    if (one === undefined || job === undefined || job.createdAt !== one.createdAt) {
      return;
    }
    if (this.dice.chance(0.1)) {
      this.core.jobs.delete(one.id);
      return;
    }
    job.stored = true;
    if (this.dice.chance(0.8)) {
      this.#queue.answered([{ id: one.id, createdAt: one.createdAt, owner: OWNER }]);
    }
  }

  #terminate(): void {
    const job = this.dice.pick([...this.core.jobs.values()]);
    if (job?.stored) {
      this.#queue.terminate([{ id: job.id, createdAt: job.createdAt, owner: OWNER, productId: "small" }]);
    }
  }

  #connect(runner: RunnerModel | undefined): void {
    if (runner === undefined || (runner.wire !== null && !runner.wire.isCut) || this.#queue.isRevoked(runner.id)) {
      return;
    }
    const wire = new Wire(this.#nowMs);
    runner.wire = wire;
    runner.welcomed = false;
    this.#wires.push({ wire, runner });
    this.#queue.open(wire, { id: runner.id, name: runner.id, publicKey: "" });
  }

  async #deliverToGateway(): Promise<void> {
    const one = this.dice.pick(this.#wires.filter(({ wire }) => wire.toGateway.length > 0));
    if (one !== undefined) {
      await this.#passToGateway(one.wire);
    }
  }

  async #passToGateway(wire: Wire): Promise<void> {
    const text = wire.toGateway.shift();
    if (text !== undefined && wire.isOpen) {
      await this.#queue.message(wire, text);
    }
  }

  #deliverToRunner(): void {
    const one = this.dice.pick(
      this.#wires.filter(({ wire }) => wire.toRunner.length > 0 || !wire.isOpen || wire.isCut),
    );
    if (one !== undefined) {
      this.#passToRunner(one.wire);
      this.#noticeClose(one.wire);
    }
  }

  #passToRunner(wire: Wire): void {
    const owner = this.#wires.find((one) => one.wire === wire)?.runner;
    const text = wire.toRunner.shift();
    if (text !== undefined && owner?.wire === wire && !wire.isCut) {
      owner.hear(text, this.#nowMs);
    }
  }

  /** Either side learns that the other has gone. */
  #noticeClose(wire: Wire): void {
    const owner = this.#wires.find((one) => one.wire === wire)?.runner;
    if (!wire.isOpen && wire.toRunner.length === 0 && owner?.wire === wire) {
      owner.wire = null;
      owner.welcomed = false;
      wire.cut();
    }
    if (wire.isCut) {
      this.#wires = this.#wires.filter((one) => one.wire !== wire);
      wire.isOpen = false;
      this.#queue.closed(wire);
    }
  }

  #cut(): void {
    const one = this.dice.pick(this.#wires);
    one?.wire.cut();
    if (one !== undefined && one.runner.wire === one.wire && this.dice.chance(0.5)) {
      one.runner.wire = null;
      one.runner.welcomed = false;
    }
  }

  #crashRunner(): void {
    this.dice.pick(this.runners)?.restart();
  }

  /** The object goes from memory, between any two turns, with or without its sockets. */
  #evict(): void {
    this.#generation += 1;
    for (const pending of this.core.pending.splice(0)) {
      pending.orphan();
    }
    if (this.#isAlarmRunning) {
      this.#isAlarmRunning = false;
      this.#alarmMs = this.#nowMs;
    }
    if (this.dice.chance(0.5)) {
      for (const { wire, runner } of this.#wires.splice(0)) {
        wire.cut();
        wire.isOpen = false;
        if (runner.wire === wire) {
          runner.wire = null;
          runner.welcomed = false;
        }
      }
    }
    this.#queue = new Queue(this.#ports());
  }

  #revoke(): void {
    const runner = this.dice.pick(this.runners);
    if (runner !== undefined) {
      this.#queue.revoke(runner.id);
      // It hears of it, or is refused until it gives up; either way what it ran is stopped.
      runner.eraseAll();
    }
  }

  #toggleOutage(): void {
    this.core.isDown = !this.core.isDown;
  }

  #forgetAtCore(): void {
    const job = this.dice.pick([...this.core.jobs.keys()]);
    if (job !== undefined) {
      this.core.jobs.delete(job);
    }
  }

  #finishRequest(): void {
    const pending = this.core.pending.shift();
    if (this.dice.chance(0.15)) {
      pending?.lose();
    } else {
      pending?.apply();
    }
  }

  async #advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    while (this.#answering.some(({ untilMs }) => untilMs <= this.#nowMs)) {
      this.#answerOne();
    }
    for (const { wire, runner } of this.#wires) {
      if (wire.isOpen && !wire.isCut && runner.wire === wire && runner.welcomed) {
        wire.pingMs = this.#nowMs;
        runner.lastHeardMs = this.#nowMs;
      }
    }
    for (const runner of this.runners) {
      runner.watchSilence(this.#nowMs, stopMargin(TIMES, MAX_SILENCE_MS));
    }
    this.#fireAlarm();
    await this.#settle();
  }

  #fireAlarm(): void {
    if (this.#alarmMs === null || this.#alarmMs > this.#nowMs || this.#isAlarmRunning) {
      return;
    }
    this.#alarmMs = null;
    this.#isAlarmRunning = true;
    const generation = this.#generation;
    this.#queue.alarm().finally(() => {
      if (generation === this.#generation) {
        this.#isAlarmRunning = false;
      }
    });
  }

  /** Lets what was awaited go on, and fires the alarm while it is due and nothing is pending. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#isAlarmRunning || this.#alarmMs === null || this.#alarmMs > this.#nowMs) {
        break;
      }
      this.#fireAlarm();
    }
    this.#checkLost();
  }

  /** A job that was given up for silence has been stopped before. */
  #checkLost(): void {
    for (const job of this.core.jobs.values()) {
      const view = job.states.at(-1)?.text === LOST_TEXT ? this.#queue.job(job.id) : null;
      if (view !== null && this.runners.some((runner) => runner.isRunning(job.id, view.incarnation))) {
        this.core.violations.push(`${job.id} was given up while it runs`);
      }
    }
  }

  #ports(): QueuePorts {
    const generation = this.#generation;
    return {
      category: CATEGORY,
      times: TIMES,
      sql: this.#database.sql,
      transaction: this.#database.transaction,
      nowMs: () => this.#nowMs,
      random: () => this.dice.next(),
      randomHex: (bytes) => this.dice.hex(bytes),
      verify: async () => true,
      control: this.core,
      lines: (id) =>
        this.#wires
          .filter(({ wire, runner }) => wire.isOpen && (id === undefined || runner.id === id))
          .map(({ wire }) => wire),
      setAlarm: (atMs) => {
        if (generation === this.#generation) {
          this.#alarmMs = atMs;
        }
      },
      event: (name) => {
        if (name === "alarm.failed") {
          this.core.violations.push("an alarm failed");
        }
      },
    };
  }
}

function isOver(state: string): boolean {
  return state !== "IN_QUEUE" && state !== "RUNNING";
}
