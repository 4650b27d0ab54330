/**
 * A gateway's real queue, two runners and UCloud, in virtual time: one random event after the other, and at the end a
 * calm in which everything must come to rest. Whatever the order was, no container starts twice, no accepted job stays
 * without an end, and UCloud hears in order.
 */
import { LOST_TEXT, RUNNING_TEXT, SUCCESS_TEXT } from "../../../worker/queue/words.ts";
import { disagreements } from "./agreement.ts";
import { CoreModel } from "./core-model.ts";
import { Dice } from "./dice.ts";
import { GatewayModel } from "./gateway-model.ts";
import { Lines } from "./lines.ts";
import { Mishaps } from "./mishaps.ts";
import { Operator } from "./operator.ts";
import { RunnerModel } from "./runner-model.ts";
import { isOver, Users } from "./users.ts";

const CALM_ROUNDS = 600;

export class World {
  readonly dice: Dice;
  readonly core: CoreModel;
  readonly starts: string[] = [];
  readonly runners: RunnerModel[];
  readonly trace: string[] = [];
  readonly #gateway: GatewayModel;
  readonly #lines: Lines;
  readonly #users: Users;
  readonly #operator: Operator;
  readonly #mishaps: Mishaps;

  constructor(seed: number) {
    const dice = new Dice(seed);
    const core = new CoreModel(dice);
    this.dice = dice;
    this.core = core;
    this.runners = ["r1", "r2"].map((id) => new RunnerModel(id, dice, this.starts));
    this.#lines = new Lines(dice, () => this.#gateway);
    this.#gateway = new GatewayModel({ core, dice, lines: (id) => this.#lines.open(id) });
    this.#users = new Users({ dice, core, gateway: this.#gateway });
    this.#operator = new Operator({ dice, runners: this.runners, gateway: () => this.#gateway });
    const { runners } = this;
    this.#mishaps = new Mishaps({ dice, core, gateway: this.#gateway, lines: this.#lines, runners });
  }

  close(): void {
    this.#gateway.close();
  }

  async run(steps: number): Promise<void> {
    for (const runner of this.runners) {
      this.#lines.connect(runner);
    }
    for (let step = 0; step < steps; step++) {
      await this.#randomEvent();
    }
    await this.#calm();
  }

  /** What must hold, whatever happened. */
  problems(): string[] {
    const twice = this.starts.filter((start, index) => this.starts.indexOf(start) !== index);
    const problems = [
      ...this.core.violations,
      ...this.core.untoldFolders(),
      ...this.#gateway.accounting.violations,
      ...twice.map((start) => `started twice: ${start}`),
    ];
    for (const job of this.core.jobs.values()) {
      const states = job.states.map(({ state }) => state);
      if (states.at(-1) === undefined || !isOver(states.at(-1) ?? "")) {
        problems.push(`${job.id} has no end: ${states.join(", ")}; ${JSON.stringify(this.#gateway.queue.job(job.id))}`);
      }
      if (job.states.filter(({ text }) => text === RUNNING_TEXT).length > 1) {
        problems.push(`${job.id} began twice: ${states.join(", ")}`);
      }
      const ran = job.states.at(-1)?.text === SUCCESS_TEXT || states.at(-1) === "EXPIRED";
      if (ran && states[0] !== "RUNNING") {
        problems.push(`${job.id} ran and UCloud did not hear of it first: ${states.join(", ")}`);
      }
    }
    for (const runner of this.runners) {
      for (const { id } of this.#gateway.queue.state.jobs.heldBy(runner.id)) {
        problems.push(`${id} still counts against ${runner.id}`);
      }
      for (const one of runner.node.held.values()) {
        problems.push(`${runner.id} still holds ${one.ref.job} (${one.phase})`);
      }
    }
    return problems;
  }

  async #randomEvent(): Promise<void> {
    const roll = this.dice.next();
    const mishaps = this.#mishaps;
    const events: [number, string, () => void | Promise<void>][] = [
      [0.09, "create", () => this.#users.create()],
      [0.15, "answer", () => this.#users.answerOne()],
      [0.185, "terminate", () => this.#users.terminate()],
      [0.205, "extend", () => this.#users.extend()],
      [0.225, "suspend", () => this.#users.suspend()],
      [0.27, "connect", () => this.#lines.connect(this.dice.pick(this.runners))],
      [0.45, "to gateway", () => this.#lines.deliverToGateway()],
      [0.64, "to runner", () => this.#lines.deliverToRunner()],
      [0.65, "again", () => this.#lines.repeatOne()],
      [0.77, "node", () => void this.dice.pick(this.runners)?.live(this.#gateway.nowMs)],
      [0.84, "request", () => this.#finishRequest()],
      [0.865, "cut", () => this.#lines.cutOne()],
      [0.88, "crash", () => mishaps.crash()],
      [0.885, "crash both", () => mishaps.crashBoth()],
      [0.89, "lose journal", () => mishaps.loseJournal()],
      [0.895, "reboot", () => mishaps.reboot()],
      [0.92, "evict", () => mishaps.evict()],
      [0.925, "refused write", () => mishaps.refuseWrite()],
      [0.93, "revoke", () => mishaps.revoke()],
      [0.935, "forget", () => this.#users.forget()],
      [0.94, "reuse", () => this.#users.reuse()],
      [0.945, "outage", () => mishaps.toggleOutage()],
      [0.95, "operator", () => this.#operator.act()],
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
    this.#gateway.refusals = 0;
    for (let round = 0; round < CALM_ROUNDS && !this.#isAtRest(); round++) {
      this.#users.answerAll();
      this.#operator.relent();
      for (const runner of this.runners) {
        this.#lines.connect(runner);
      }
      await this.#deliverAll();
      // A line that was closed when its runner enrolled again is noticed by now.
      for (const runner of this.runners) {
        this.#lines.connect(runner);
      }
      await this.#deliverAll();
      this.#checkTimes();
      for (const runner of this.runners) {
        while (runner.live(this.#gateway.nowMs)) {
          await this.#deliverAll();
          await this.#changeSomething();
        }
      }
      await this.#advance(Math.max(1_000, (this.#gateway.alarmMs ?? 0) - this.#gateway.nowMs));
      await this.#deliverAll();
    }
  }

  #isAtRest(): boolean {
    const isTold = [...this.core.jobs.values()].every(({ state }) => isOver(state));
    const { jobs } = this.#gateway.queue.state;
    const isFree = this.runners.every(({ id, node }) => node.held.size === 0 && jobs.heldBy(id).length === 0);
    return isTold && isFree && jobs.countUntold() === 0;
  }

  async #deliverAll(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      for (const wire of this.#lines.all()) {
        while (wire.toGateway.length > 0 || wire.toRunner.length > 0) {
          await this.#lines.passToGateway(wire);
          this.#lines.passToRunner(wire);
          await this.#settle();
        }
        this.#lines.noticeClose(wire);
      }
      while (this.core.pending.length > 0) {
        this.core.pending.shift()?.apply();
        await this.#settle();
      }
      if (this.#lines.all().every((wire) => wire.toGateway.length + wire.toRunner.length === 0)) {
        return;
      }
    }
  }

  /** Of a job that runs; the frame may be lost with its line. */
  async #changeSomething(): Promise<void> {
    if (this.dice.chance(0.5)) {
      return;
    }
    if (this.dice.chance(0.3)) {
      this.#lines.cutOne();
    }
    this.#users.extend();
    this.#users.suspend();
    await this.#deliverAll();
    for (const runner of this.runners) {
      this.#lines.connect(runner);
    }
    await this.#deliverAll();
    this.#checkTimes();
  }

  /** Nothing is under way. */
  #checkTimes(): void {
    this.core.violations.push(...disagreements(this.runners, this.#gateway));
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
    this.#gateway.nowMs += ms;
    this.#users.answerDue();
    this.#lines.ping();
    for (const runner of this.runners) {
      runner.watchSilence(this.#gateway.nowMs);
    }
    this.#gateway.fireAlarm();
    await this.#settle();
  }

  /** Lets what was awaited go on, and fires the alarm while it is due and nothing is pending. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (!this.#gateway.isAlarmDue()) {
        break;
      }
      this.#gateway.fireAlarm();
    }
    this.#checkLost();
  }

  /** A job that was given up for silence has been stopped before. */
  #checkLost(): void {
    for (const job of this.core.jobs.values()) {
      const view = job.states.at(-1)?.text === LOST_TEXT ? this.#gateway.queue.job(job.id) : null;
      if (view !== null && this.runners.some((runner) => runner.node.isRunning(job.id, view.incarnation))) {
        this.core.violations.push(`${job.id} was given up while it runs`);
      }
    }
  }
}
