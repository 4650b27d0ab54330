/** An object may leave memory between any two steps, with its sockets or without: nothing comes out differently. */
import { expect, test } from "vitest";
import type { Ref } from "../../../shared/ids.ts";
import type { Phase } from "../../../shared/protocol.ts";
import { tellUcloud } from "../support/alarms.ts";
import { evict } from "../support/evictions.ts";
import { createJob, exited, STARTED, shownJob, takeOffer, tellFact, untilState } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { aJob } from "../support/requests.ts";
import { anEnrolledRunner, anOpenLine, type Runner } from "../support/runner-client.ts";
import type { RunnerLine } from "../support/runner-line.ts";
import { RETRIEVE, startUcloud, type UcloudStandIn } from "../support/ucloud-stand-in.ts";

/** A runner that keeps what it has and reports it on each new line. */
class WorkingRunner {
  readonly #runner: Runner;
  #line: RunnerLine | null = null;
  /** What its `hello` would say of the job now. */
  holds: { ref: Ref; phase: Phase } | null = null;
  goes = 0;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  get line(): RunnerLine {
    if (this.#line === null) {
      throw new Error("the runner is not connected yet");
    }
    return this.#line;
  }

  get isConnected(): boolean {
    return this.#line !== null;
  }

  async connect(): Promise<void> {
    this.#line = await anOpenLine(this.#runner);
    await this.#line.sayHello({ inventory: this.holds === null ? [] : [this.holds] });
    const { verdicts } = await this.#line.next("welcome");
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(this.holds === null ? [] : ["keep"]);
  }

  /** As `holds` once the gateway has it too. */
  get held(): Ref {
    if (this.holds === null) {
      throw new Error("the runner holds nothing");
    }
    return this.holds.ref;
  }

  reach(phase: Phase): void {
    this.holds = { ref: this.held, phase };
  }
}

type Step = [string, (runner: WorkingRunner) => Promise<void>];

const STEPS: Step[] = [
  ["create", () => createJob()],
  [
    "offer",
    async (runner) => {
      await runner.connect();
      runner.holds = { ref: await takeOffer(runner.line), phase: "preparing" };
    },
  ],
  [
    "accept",
    async ({ line, held }) => {
      line.send({ type: "accept", ref: held, ready: false });
      await untilState("claimed");
    },
  ],
  [
    "go",
    async (runner) => {
      runner.line.send({ type: "ready", ref: runner.held });
      expect((await runner.line.next("go")).ref).toEqual(runner.held);
      runner.goes += 1;
      runner.reach("granted");
    },
  ],
  [
    "started",
    async (runner) => {
      await tellFact(runner.line, runner.held, STARTED);
      runner.reach("running");
    },
  ],
  ["RUNNING told", () => tellUcloud()],
  [
    "exited",
    async (runner) => {
      await tellFact(runner.line, runner.held, exited());
      runner.holds = null;
    },
  ],
  ["SUCCESS told", () => tellUcloud()],
];

async function dropQueue(runner: WorkingRunner, webSockets: "hibernate" | "close"): Promise<void> {
  await evict(queue(), { webSockets });
  if (webSockets === "close" && runner.isConnected) {
    await runner.line.closed;
    await runner.connect();
  }
}

async function live(evictAfter: (step: string) => boolean, webSockets: "hibernate" | "close"): Promise<UcloudStandIn> {
  const ucloud = startUcloud();
  ucloud.answer(RETRIEVE, () => Response.json(aJob()));
  const runner = new WorkingRunner(await anEnrolledRunner());
  for (const [name, step] of STEPS) {
    await step(runner);
    if (evictAfter(name)) {
      await dropQueue(runner, webSockets);
    }
  }
  expect(runner.goes).toBe(1);
  return ucloud;
}

async function expectSeedsEnd(ucloud: UcloudStandIn): Promise<void> {
  expect(ucloud.told()).toMatchObject([
    { state: "RUNNING", status: "The job is now running!" },
    { state: "SUCCESS", status: "The job has finished processing!" },
  ]);
  expect(await shownJob()).toMatchObject({ state: "SUCCESS", told: "SUCCESS", attempt: 1 });
}

const names = STEPS.map(([name]) => name);

test.each(names)("evicted after %s, with its sockets asleep", async (name) => {
  await expectSeedsEnd(await live((step) => step === name, "hibernate"));
});

test.each(names)("evicted after %s, with its sockets closed", async (name) => {
  await expectSeedsEnd(await live((step) => step === name, "close"));
});

test.each(["hibernate", "close"] as const)("evicted after every step: %s", async (webSockets) => {
  await expectSeedsEnd(await live(() => true, webSockets));
});
