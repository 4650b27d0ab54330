/** What administrators do to runners, jobs and the queue, at any moment; and that they let all be in the end. */
import type { Standing } from "../../../worker/queue/api.ts";
import type { Dice } from "./dice.ts";
import type { GatewayModel } from "./gateway-model.ts";
import type { RunnerModel } from "./runner-model.ts";

const HOUR = 3_600_000;

type Sides = { dice: Dice; runners: RunnerModel[]; gateway: () => GatewayModel };

export class Operator {
  readonly #dice: Dice;
  readonly #runners: RunnerModel[];
  readonly #gateway: () => GatewayModel;
  #word = 0;
  readonly #standings = new Map<string, Standing>();

  constructor({ dice, runners, gateway }: Sides) {
    this.#dice = dice;
    this.#runners = runners;
    this.#gateway = gateway;
  }

  act(): void {
    const { queue } = this.#gateway();
    const acts = [
      () => this.#drain(),
      () => this.#lose(),
      () => this.#sayAgain(),
      () => void queue.pause(this.#dice.chance(0.5) ? { reason: null, by: "simulation" } : null),
      () => void queue.decide(this.#anyJob(), "fail", "by the simulation"),
      () => void queue.decide(this.#anyJob(), "resend", "by the simulation"),
      () => void queue.cancel(this.#anyJob(), "by the simulation"),
    ];
    const one = this.#dice.pick(acts);
    if (one !== undefined) {
      this.#gateway().unlessRefused(one);
    }
  }

  relent(): void {
    const { queue } = this.#gateway();
    queue.pause(null);
    for (const { id } of this.#runners) {
      queue.reinstate(id);
      this.#tell(id, { drained: null });
    }
  }

  #anyJob(): string {
    return String(1 + this.#dice.below(3));
  }

  #drain(): void {
    const { nowMs } = this.#gateway();
    const until = this.#dice.chance(0.5) ? nowMs + this.#dice.below(HOUR) : null;
    const drained = { reason: "simulation", by: "simulation", since: nowMs, until };
    this.#tell(this.#dice.pick(this.#runners)?.id, { drained: this.#dice.chance(0.6) ? drained : null });
  }

  #lose(): void {
    this.#tell(this.#dice.pick(this.#runners)?.id, "lost");
  }

  /** The Registry repeats itself. */
  #sayAgain(): void {
    for (const [id, standing] of this.#standings) {
      this.#gateway().queue.heed(id, standing);
    }
  }

  #tell(runner: string | undefined, change: Pick<Standing, "drained"> | "lost"): void {
    if (runner === undefined) {
      return;
    }
    const { queue, nowMs } = this.#gateway();
    this.#word = Math.max(nowMs, this.#word + 1);
    const word = this.#word;
    const known = this.#standings.get(runner) ?? { drained: null, lost: null };
    const changed = change === "lost" ? { lost: { word, reason: "by the simulation" } } : change;
    const standing = { ...known, ...changed, word };
    this.#standings.set(runner, standing);
    queue.heed(runner, standing);
  }
}
