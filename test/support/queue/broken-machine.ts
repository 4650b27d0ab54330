/** A machine that fails to start jobs, as tests need it. */
import type { FailureCode } from "../../../shared/failure.ts";
import type { Degraded } from "../../../worker/queue/api.ts";
import { viewRunners } from "../../../worker/queue/views.ts";
import { aJob } from "./new-job.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";
import { aRunner, type TestRunner } from "./test-runner.ts";

export function degradedOf(queue: QueueUnderTest, id = "runner-1"): Degraded | null {
  return viewRunners(queue.queue.state).find((runner) => runner.id === id)?.degraded ?? null;
}

/** The runner refuses what it was offered last. */
export async function failOffered(runner: TestRunner, code: FailureCode = "podman_failed"): Promise<string> {
  const ref = runner.offered();
  await runner.refuse(ref, { code });
  return ref.job;
}

/** One runner that has failed to start two jobs, which wait. */
export async function aBrokenOne(queue: QueueUnderTest, cpu = 1): Promise<TestRunner> {
  const runner = await aRunner(queue, { cpu });
  queue.create(aJob({ id: "1" }), aJob({ id: "2" }));
  const [first, second] = cpu === 1 ? [] : runner.offers();
  if (first !== undefined && second !== undefined) {
    await runner.refuse(first, { code: "podman_failed" });
    await runner.refuse(second, { code: "podman_failed" });
    return runner;
  }
  await failOffered(runner);
  await failOffered(runner);
  return runner;
}
