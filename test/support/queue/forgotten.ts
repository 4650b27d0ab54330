/** Jobs that run while UCloud forgets them, and what the queue does about it. */
import { viewUndelivered } from "../../../worker/queue/views.ts";
import { bring } from "./journey.ts";
import { aJob } from "./new-job.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";
import { aRunner, type TestRunner } from "./test-runner.ts";

const MINUTE = 60_000;
const LONG = { wallMs: 30 * 24 * 60 * MINUTE };

/** `j0`, `j1`, …, a minute old. */
export async function runningJobs(queue: QueueUnderTest, count: number): Promise<TestRunner> {
  const runner = await aRunner(queue, { cpu: 512 });
  for (let index = 0; index < count; index++) {
    await bring(queue, runner, "running", aJob({ id: `j${index}`, plan: LONG }));
  }
  await queue.pass(MINUTE);
  return runner;
}

export const forgetAll = (queue: QueueUnderTest) => queue.core.jobs.clear();
export const stopped = (runner: TestRunner) => runner.line.heard("forget").map(({ ref }) => ref.job);

/** What waits for an administrator's word. */
export const held = (queue: QueueUnderTest) =>
  viewUndelivered(queue.queue.state, 100).filter(({ state }) => state.startsWith("held"));
