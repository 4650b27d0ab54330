/** A question to UCloud about one job that fails hurts that job alone: the others are told meanwhile. */
import { expect, test } from "vitest";
import type { ExistsAnswer } from "../../../../worker/ucloud/control.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
/** No answer, an answer of another shape, failures. */
const STATUSES = [null, 200, 403, 500, 503];

/** UCloud does not say whether it has this job. */
function failExists(queue: QueueUnderTest, bad: string, status: number | null): void {
  const real = queue.core.exists.bind(queue.core);
  queue.core.exists = async (ids): Promise<ExistsAnswer> => {
    const answer = await real(ids);
    return ids.includes(bad) ? { kind: "unavailable", status } : answer;
  };
}

test.each(STATUSES)("one that cannot be compared, answered %s, lets the others pass", async (status) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob({ id: "bad" }));
  await advance(runner, runner.offered(), "offered", "running");
  queue.core.badRetrieves.set("bad", { kind: "unavailable", status });
  await queue.pass(queue.times.answeredMs);

  await bring(queue, runner, "done", aJob({ id: "good" }));
  await queue.pass(HOUR);

  expect(queue.core.states("good")).toEqual(["RUNNING", "SUCCESS"]);
  expect(queue.core.states("bad")).toEqual([]);
});

test.each(STATUSES)(
  "one that is refused and cannot be asked about, answered %s, lets the others pass",
  async (status) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running", aJob({ id: "bad" }));
    queue.core.badItems.set("bad", { kind: "rejected", status: 400 });
    failExists(queue, "bad", status);
    await queue.pass(queue.times.guardMs);

    await bring(queue, runner, "done", aJob({ id: "good" }));
    await queue.pass(HOUR);

    expect(queue.core.states("good")).toEqual(["RUNNING", "SUCCESS"]);
    expect(queue.core.states("bad")).toEqual([]);
  },
);

test("a yes takes back the noes before it: three more are needed", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  queue.core.jobs.delete("1");
  await runner.fact(ref, anExit());
  await queue.pass(queue.times.forgottenMs - 1);
  expect(queue.core.called("exists")).toHaveLength(2);

  queue.beKnown(aJob());
  queue.core.badItems.set("1", { kind: "rejected", status: 400 });
  await queue.pass(1);
  queue.core.jobs.delete("1");
  await queue.pass(queue.times.forgottenMs / 2);
  queue.beKnown(aJob());
  queue.core.badItems.clear();
  await queue.pass(HOUR);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});
