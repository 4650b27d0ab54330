/** A slot becomes free: how long until its runner has the next job, with little and with much in the queue. */
import { alternate } from "../alternation.ts";
import { aRecordedJob, bulkBody, Poster } from "../creates.ts";
import { BenchGateway } from "../gateway.ts";
import type { Conditions, Row } from "../row.ts";
import { ScriptedRunner } from "../scripted-runner.ts";
import { median } from "../statistics.ts";

const FEW = 100;
const MANY = 100_000;
const WORKSPACES = 1_000;
/** A body has 4 MiB at most. */
const AT_ONCE = 250;
const CLAIMS = 40;

export const claim: Row = {
  number: 7,
  title: `claim at ${MANY} queued jobs of ${WORKSPACES} workspaces, p50`,
  async measure(conditions) {
    const few = await Queue.start(conditions);
    const many = await Queue.start(conditions);
    await many.fill(MANY);
    const measured = await alternate(conditions.rounds + 1, {
      many: () => many.timeClaims(MANY),
      few: () => few.timeClaims(FEW),
    });
    const beside = { name: `at ${FEW}`, value: measured.few.p50 };
    return [{ measure: claim.title, unit: "ms", ours: measured.many.p50, beside, goal: { atMost: 1.3 } }];
  },
};

class Queue {
  readonly #poster: Poster;
  readonly #runner: ScriptedRunner;
  #waiting = 0;

  private constructor(poster: Poster, runner: ScriptedRunner) {
    this.#poster = poster;
    this.#runner = runner;
  }

  static async start(conditions: Conditions): Promise<Queue> {
    const gateway = await BenchGateway.start(conditions);
    const runner = await ScriptedRunner.enroll(gateway, "node-1", 1);
    conditions.atEnd(() => runner.close());
    return new Queue(new Poster(gateway.url, gateway.token, 1), runner);
  }

  /** Up to so many. Workspaces come in turn. */
  async fill(count: number): Promise<void> {
    while (this.#waiting < count) {
      const jobs = Array.from({ length: Math.min(AT_ONCE, count - this.#waiting) }, (_, n) => {
        return aRecordedJob(`workspace-${(this.#waiting + n) % WORKSPACES}`);
      });
      await this.#poster.post(bulkBody(...jobs));
      this.#waiting += jobs.length;
    }
  }

  async timeClaims(count: number): Promise<{ p50: number }> {
    await this.fill(count);
    if (this.#runner.welcomedAtMs === 0) {
      await this.#runner.connect();
    }
    let { ref } = await this.#runner.next("offer");
    const times: number[] = [];
    for (let n = 0; n < CLAIMS; n++) {
      await this.#runner.start(ref);
      const startMs = performance.now();
      this.#runner.end(ref);
      ref = (await this.#runner.next("offer")).ref;
      times.push(performance.now() - startMs);
    }
    // The one that was offered last begins the next round.
    await this.#runner.start(ref);
    this.#runner.end(ref);
    this.#waiting -= CLAIMS + 1;
    return { p50: median(times) };
  }
}
