/**
 * One attempt, carried out: asks `nextStep` what to do, does it, asks again. One step at a time, so nothing happens to
 * the container twice at once; orders and answered exits only change what is known and wake the loop.
 *
 * Every change of the attempt goes through the journal first. A change that cannot be written does not hold; it is
 * tried again, and until then the node acts as if it had not been said.
 */
import { doubling } from "../../shared/backoff.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { Phase } from "../../shared/protocol.ts";
import { errorFields } from "../log.ts";
import type { Context } from "./context.ts";
import { type FactFrame, factsToTell, isNews } from "./facts.ts";
import { type Known, nextStep } from "./next-step.ts";
import { type Order, obey } from "./orders.ts";
import { Progress } from "./progress.ts";
import { type Attempt, type Moment, phaseOf } from "./record.ts";
import { takeStep } from "./steps.ts";
import { newView, type View } from "./view.ts";

/** A rest is looked at again at least this often: timers do not count the machine's suspension, uptime does. */
const LONGEST_REST_MS = 30_000;
const RETRY_MS = 250;
const RETRY_MAX_MS = 10_000;
/** More steps than any life has without a pause: something goes round in circles and must not take the processor. */
const STEPS_WITHOUT_REST = 50;
/** There are eight different orders; the same one twice says nothing new. */
const MAX_ORDERS = 16;

export class Execution {
  readonly context: Context;
  readonly plan: JobPlan | null;
  readonly progress: Progress;
  view: View = newView();
  #attempt: Attempt;
  #orders: Order[] = [];
  #pull = new AbortController();
  #watch = new AbortController();
  #wake: (() => void) | null = null;
  #closed = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(context: Context, attempt: Attempt, plan: JobPlan | null) {
    this.context = context;
    this.#attempt = attempt;
    this.plan = plan;
    this.progress = new Progress(context.timers, (text) => {
      context.say(attempt.category, { type: "progress", ref: attempt.ref, text });
    });
  }

  get attempt(): Attempt {
    return this.#attempt;
  }

  phase(): Phase {
    return phaseOf(this.#attempt, this.view.image !== null || this.#attempt.start !== null);
  }

  isRunning(): boolean {
    return this.#attempt.started !== null && this.#attempt.outcome === null;
  }

  isPaused(): boolean {
    return this.#attempt.suspension?.paused ?? false;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get pullSignal(): AbortSignal {
    return this.#pull.signal;
  }

  get watchSignal(): AbortSignal {
    return this.#watch.signal;
  }

  begin(): void {
    this.#loop = this.#live();
  }

  /** Takes effect at once unless the journal refuses it; then the loop tries again. */
  order(order: Order): void {
    if (this.#closed || this.#orders.length >= MAX_ORDERS) {
      return;
    }
    this.#orders.push(order);
    try {
      this.#obeyOrders();
    } catch (error) {
      this.retryLater(error);
    }
    this.wake();
  }

  /** Journals the change and tells what is new; throws when it cannot be written. */
  save(next: Attempt): void {
    const before = this.#attempt;
    if (next === before || this.#closed) {
      return;
    }
    this.context.journal.put(next);
    this.#attempt = next;
    if (next.outcome !== null || next.cause !== null || next.settled !== "no") {
      this.#pull.abort();
      this.progress.stop();
    }
    this.#tellNews(before);
    if (before.outcome === null && next.outcome !== null) {
      this.#logEnd(next);
      this.context.ended(next, this.plan);
    }
    this.context.changed();
  }

  /** Everything that is not acknowledged, in order. */
  tellFacts(): void {
    for (const frame of this.#facts()) {
      this.context.say(this.#attempt.category, frame);
    }
  }

  #facts(): FactFrame[] {
    return factsToTell(this.#attempt, this.context.now(), this.context.settings);
  }

  /** What was told on this line before is repeated by `welcome` only. */
  #tellNews(before: Attempt): void {
    const { category } = this.#attempt;
    for (const frame of this.#facts()) {
      if (isNews(frame.fact, before)) {
        this.context.say(category, frame);
      }
    }
  }

  look(): void {
    this.view = { ...this.view, lookAtMs: this.context.now().uptimeMs };
    this.wake();
  }

  wake(): void {
    this.#wake?.();
  }

  known(): Known {
    return { now: this.context.now(), heard: this.context.heard(this.#attempt.category) };
  }

  /** Nothing is asked of Podman for a while, longer with each failure in a row. */
  retryLater(error: unknown): void {
    const failures = this.view.failures + 1;
    const notBeforeMs = this.context.now().uptimeMs + doubling(failures - 1, RETRY_MS, RETRY_MAX_MS);
    this.view = { ...this.view, failures, notBeforeMs };
    this.context.log.warn({ ref: this.#attempt.ref, failures, ...errorFields(error) }, "attempt.retry");
    this.context.troubled(error);
  }

  /** The attempt is over for this node: its row is gone or the process ends. The container is left as it is. */
  close(): void {
    this.#closed = true;
    this.#pull.abort();
    this.#watch.abort();
    this.progress.stop();
    this.wake();
  }

  /** Resolves when the step in progress is over and no other will follow. */
  async ended(): Promise<void> {
    await this.#loop;
  }

  async #live(): Promise<void> {
    let steps = 0;
    while (!this.#closed) {
      steps += 1;
      try {
        this.#obeyOrders();
        const step = nextStep(this.#attempt, this.view, this.known());
        if (step.do === "rest" || steps > STEPS_WITHOUT_REST) {
          await this.#rest(step.do === "rest" ? step.untilMs : this.known().now.uptimeMs + RETRY_MS);
          steps = 0;
        } else {
          await takeStep(this, step);
        }
      } catch (error) {
        this.retryLater(error);
        await this.#rest(this.view.notBeforeMs);
      }
    }
  }

  #obeyOrders(): void {
    for (let order = this.#orders[0]; order !== undefined; order = this.#orders[0]) {
      this.save(obey(this.#attempt, order, this.context.now()));
      this.#orders.shift();
    }
  }

  async #rest(untilMs: number | null): Promise<void> {
    if (this.#closed) {
      return;
    }
    const ms = untilMs === null ? LONGEST_REST_MS : Math.max(0, untilMs - this.context.now().uptimeMs);
    await new Promise<void>((resolve) => {
      const takeBack = this.context.timers.after(Math.min(ms, LONGEST_REST_MS), resolve);
      this.#wake = () => {
        takeBack();
        resolve();
      };
    });
    this.#wake = null;
  }

  #logEnd(attempt: Attempt): void {
    const { ref, category, outcome, started, acceptedAt, imageDigest, gpus, start } = attempt;
    const known = outcome?.kind === "exited" ? outcome : null;
    const code = outcome?.kind === "not-started" ? outcome.failure.code : null;
    this.context.log.info(
      {
        event: "attempt.ended",
        ...{ ref, category, imageDigest, gpus, code },
        outcome: outcome?.kind,
        ...{ cause: known?.cause, reason: known?.reason, exitCode: known?.exitCode, oom: known?.oom },
        ranMs: known?.ranMs ?? null,
        startCalls: start?.calls ?? 0,
        waitedMs: started === null ? null : sinceMs(acceptedAt, started),
      },
      "attempt.ended",
    );
  }
}

function sinceMs(from: Moment, to: Moment): number | null {
  return from.bootId === to.bootId ? Math.round(to.uptimeMs - from.uptimeMs) : null;
}
