/** The lines between two runners and the queue: what is said on them waits until it is delivered, or is lost with them. */
import type { Line } from "../../../worker/queue/ports.ts";
import type { Dice } from "./dice.ts";
import { type GatewayModel, RefusedWrite } from "./gateway-model.ts";
import type { RunnerModel } from "./runner-model.ts";
import { Wire } from "./wire.ts";

type Connected = { wire: Wire; runner: RunnerModel };

export class Lines {
  #connected: Connected[] = [];
  readonly #dice: Dice;
  readonly #gateway: () => GatewayModel;

  constructor(dice: Dice, gateway: () => GatewayModel) {
    this.#dice = dice;
    this.#gateway = gateway;
  }

  /** As the gateway sees them. */
  open(id?: string): Line[] {
    return this.#connected
      .filter(({ wire, runner }) => wire.isOpen && (id === undefined || runner.id === id))
      .map(({ wire }) => wire);
  }

  all(): Wire[] {
    return this.#connected.map(({ wire }) => wire);
  }

  connect(runner: RunnerModel | undefined): void {
    const { queue, nowMs } = this.#gateway();
    if (runner === undefined || (runner.wire !== null && !runner.wire.isCut) || queue.isRevoked(runner.id)) {
      return;
    }
    const wire = new Wire(nowMs);
    runner.wire = wire;
    runner.welcomed = false;
    this.#connected.push({ wire, runner });
    queue.open(wire, { id: runner.id, name: runner.id, publicKey: "" });
  }

  async deliverToGateway(): Promise<void> {
    const one = this.#dice.pick(this.#connected.filter(({ wire }) => wire.toGateway.length > 0));
    if (one !== undefined) {
      await this.passToGateway(one.wire);
    }
  }

  async passToGateway(wire: Wire): Promise<void> {
    const text = wire.toGateway.shift();
    if (text === undefined || !wire.isOpen) {
      return;
    }
    try {
      await this.#gateway().queue.message(wire, text);
    } catch (error) {
      // As the object does with a write that was refused: nothing is acknowledged, and the line is closed.
      if (!(error instanceof RefusedWrite)) {
        throw error;
      }
      wire.close(1011);
    }
  }

  /** The next frame on a line, either way, comes once more. */
  repeatOne(): void {
    const one = this.#dice.pick(this.#connected);
    const stream = this.#dice.chance(0.5) ? one?.wire.toGateway : one?.wire.toRunner;
    const next = stream?.[0];
    if (next !== undefined) {
      stream?.unshift(next);
    }
  }

  deliverToRunner(): void {
    const one = this.#dice.pick(
      this.#connected.filter(({ wire }) => wire.toRunner.length > 0 || !wire.isOpen || wire.isCut),
    );
    if (one !== undefined) {
      this.passToRunner(one.wire);
      this.noticeClose(one.wire);
    }
  }

  passToRunner(wire: Wire): void {
    const owner = this.#ownerOf(wire);
    const text = wire.toRunner.shift();
    if (text !== undefined && owner?.wire === wire && !wire.isCut) {
      owner.hear(text, this.#gateway().nowMs);
    }
  }

  /** Either side learns that the other has gone. */
  noticeClose(wire: Wire): void {
    const owner = this.#ownerOf(wire);
    if (!wire.isOpen && wire.toRunner.length === 0 && owner?.wire === wire) {
      owner.wire = null;
      owner.welcomed = false;
      wire.cut();
    }
    if (wire.isCut) {
      this.#connected = this.#connected.filter((one) => one.wire !== wire);
      wire.isOpen = false;
      this.#gateway().unlessRefused(() => this.#gateway().queue.closed(wire));
    }
  }

  /** One breaks; its runner may notice at once. */
  cutOne(): void {
    const one = this.#dice.pick(this.#connected);
    one?.wire.cut();
    if (one !== undefined && one.runner.wire === one.wire && this.#dice.chance(0.5)) {
      one.runner.wire = null;
      one.runner.welcomed = false;
    }
  }

  /** All break, and both sides notice. */
  cutAll(): void {
    for (const { wire, runner } of this.#connected.splice(0)) {
      wire.cut();
      wire.isOpen = false;
      if (runner.wire === wire) {
        runner.wire = null;
        runner.welcomed = false;
      }
    }
  }

  /** Every living line's ping is answered. */
  ping(): void {
    const { nowMs } = this.#gateway();
    for (const { wire, runner } of this.#connected) {
      if (wire.isOpen && !wire.isCut && runner.wire === wire && runner.welcomed) {
        wire.pingMs = nowMs;
        runner.lastHeardMs = nowMs;
      }
    }
  }

  #ownerOf(wire: Wire): RunnerModel | undefined {
    return this.#connected.find((one) => one.wire === wire)?.runner;
  }
}
