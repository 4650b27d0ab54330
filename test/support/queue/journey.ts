/** Takes a job as far as a test needs it, by frames and calls alone. */
import type { Ref } from "../../../shared/ids.ts";
import type { NewJob } from "../../../worker/queue/api.ts";
import { aJob } from "./new-job.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";
import { anExit, STARTED, type TestRunner } from "./test-runner.ts";

const STEPS = ["offered", "claimed", "starting", "running", "done"] as const;
export type Stage = (typeof STEPS)[number];

/** `runner` is connected and has room; it gets `job`, which is created here. */
export async function bring(
  queue: QueueUnderTest,
  runner: TestRunner,
  stage: Stage,
  job: NewJob = aJob(),
): Promise<Ref> {
  queue.create(job);
  const ref = runner.offers().findLast((offer) => offer.job === job.id);
  if (ref === undefined) {
    throw new Error(`${runner.id} was not offered ${job.id}`);
  }
  await advance(runner, ref, "offered", stage);
  return ref;
}

/** From one stage of `ref` to a later one. */
export async function advance(runner: TestRunner, ref: Ref, from: Stage, to: Stage): Promise<void> {
  const moves = {
    offered: async () => {},
    claimed: () => runner.accept(ref),
    starting: () => runner.ready(ref),
    running: () => runner.fact(ref, STARTED),
    done: () => runner.fact(ref, anExit()),
  };
  for (const step of STEPS.slice(STEPS.indexOf(from) + 1, STEPS.indexOf(to) + 1)) {
    await moves[step]();
  }
}
