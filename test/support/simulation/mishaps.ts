/**
 * What can go wrong on either side, at any moment: the gateway's object leaves memory or its disk takes no writes, a
 * runner's process, journal or whole machine dies, a frame comes twice, UCloud is away.
 */
import type { CoreModel } from "./core-model.ts";
import type { Dice } from "./dice.ts";
import type { GatewayModel } from "./gateway-model.ts";
import type { Lines } from "./lines.ts";
import type { RunnerModel } from "./runner-model.ts";

type Sides = { dice: Dice; core: CoreModel; gateway: GatewayModel; lines: Lines; runners: RunnerModel[] };

export class Mishaps {
  readonly #sides: Sides;

  constructor(sides: Sides) {
    this.#sides = sides;
  }

  /** With or without its sockets. */
  evict(): void {
    const { gateway, dice, lines } = this.#sides;
    gateway.evict(() => {
      if (dice.chance(0.5)) {
        lines.cutAll();
      }
    });
  }

  /** The next write of the gateway fails, as on a full disk. */
  refuseWrite(): void {
    this.#sides.gateway.refusals = 1;
  }

  /** Gateway and runner at once. */
  crashBoth(): void {
    this.evict();
    this.#runner()?.restart();
  }

  crash(): void {
    this.#runner()?.restart();
  }

  loseJournal(): void {
    this.#runner()?.loseJournal();
  }

  reboot(): void {
    this.#runner()?.reboot(this.#sides.gateway.nowMs);
  }

  revoke(): void {
    const runner = this.#runner();
    const { gateway } = this.#sides;
    if (runner !== undefined && gateway.unlessRefused(() => gateway.queue.revoke(runner.id))) {
      // It hears of it, or is refused until it gives up; either way what it ran is stopped.
      runner.node.held.clear();
    }
  }

  toggleOutage(): void {
    this.#sides.core.isDown = !this.#sides.core.isDown;
  }

  #runner(): RunnerModel | undefined {
    return this.#sides.dice.pick(this.#sides.runners);
  }
}
