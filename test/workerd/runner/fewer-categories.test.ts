/** A runner that is enrolled again for fewer categories: the queue that it left gives up what it has there. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { JobQueue } from "../../../worker/index.ts";
import { createJob, shownJob, startOffered } from "../support/job-life.ts";
import { anEnrolledRunner, aWelcomedLine, CATEGORY } from "../support/runner-client.ts";

const OTHER = "other-compute";
const registry = () => env.REGISTRY.getByName("registry");

async function aRunningJob() {
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner({ categories: [CATEGORY, OTHER] }));
  await startOffered(line);
  return line;
}

test("its job there ends with the reason, and its old line closes without being called revoked", async () => {
  const line = await aRunningJob();

  const runner = await anEnrolledRunner({ categories: [OTHER] });

  expect(await line.closed).toEqual({ code: 4410, reason: "enrolled again" });
  expect(await shownJob()).toMatchObject({ state: "FAILURE", runner: null });
  await aWelcomedLine(runner, OTHER);
});

test("a queue that cannot be told now is told by the alarm", async () => {
  await aRunningJob();
  vi.spyOn(JobQueue.prototype, "drop").mockRejectedValueOnce(new Error("moving"));

  await anEnrolledRunner({ categories: [OTHER] });
  expect(await shownJob()).toMatchObject({ state: "running" });
  await runDurableObjectAlarm(registry());

  expect(await shownJob()).toMatchObject({ state: "FAILURE" });
});
