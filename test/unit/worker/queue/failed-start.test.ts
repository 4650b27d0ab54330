/** A start that failed: the job's own fault, the node's, or nobody's. */
import { describe, expect, test } from "vitest";
import type { Failure } from "../../../../shared/failure.ts";
import type { Ref } from "../../../../shared/ids.ts";
import { keptOff } from "../../../../worker/queue/failed-start.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED, type TestRunner } from "../../../support/queue/test-runner.ts";

const NODE_FAULT: Failure = { code: "podman_failed" };

/** The runner answers each offer with a fault of its own; how many it got. */
async function failAll(queue: QueueUnderTest, runner: TestRunner, forMs: number): Promise<Ref[]> {
  const failed: Ref[] = [];
  for (const endMs = queue.nowMs + forMs; queue.nowMs < endMs; ) {
    const ref = runner.offers().at(-1);
    if (ref !== undefined && ref.attempt !== failed.at(-1)?.attempt && queue.row("1").attempt === ref.attempt) {
      failed.push(ref);
      await runner.refuse(ref, NODE_FAULT);
    }
    await queue.pass(500);
  }
  return failed;
}

const JOB_FAULTS = ["image_not_found", "image_denied", "wrong_architecture", "program_not_found"] as const;

describe.each(JOB_FAULTS)("%s is the job's own fault", (code) => {
  test("and ends it at once when it is said instead of accepting", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "offered");

    await runner.refuse(ref, { code, detail: "acme/batch:1.0.0" });
    await queue.pass(1_000);

    expect(queue.core.told("1")).toHaveLength(1);
    expect(queue.core.told("1")[0]).toMatchObject({ state: "FAILURE", status: expect.stringContaining("acme/batch") });
    expect(runner.offers()).toHaveLength(1);
  });

  test("and ends it at once when it shows at the start", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "starting");

    await runner.fact(ref, { kind: "not-started", failure: { code } });

    expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
  });
});

test("a node's fault sends the job elsewhere", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  const other = await aRunner(queue, { id: "runner-2" });

  await runner.refuse(ref, NODE_FAULT);
  await queue.pass(1_000);

  expect(other.offers()).toEqual([{ ...ref, attempt: 2 }]);
});

test("after three different runners the job fails with the last reason", async () => {
  const queue = openQueue();
  const runners: TestRunner[] = [];
  for (const id of ["runner-1", "runner-2", "runner-3", "runner-4"]) {
    runners.push(await aRunner(queue, { id }));
  }
  queue.create(aJob());

  for (const code of ["podman_failed", "disk_full", "network_failed"] as const) {
    const at = runners.find(({ id }) => queue.queue.job("1")?.runner === id);
    await at?.refuse(at.offered(), { code });
    await queue.pass(5_000);
  }

  const end = queue.core.told("1").at(-1);
  expect(end?.state).toBe("FAILURE");
  expect(end?.status).toBe("The job could not be started on 3 machines. The job's network could not be set up.");
  expect(runners.flatMap((runner) => runner.offers())).toHaveLength(3);
});

test("a single node is asked again with growing pauses, for an hour and at least five tries", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob());

  const tries = await failAll(queue, runner, 3_590_000);
  expect(queue.stateOf(queue.row("1"))).toBe("queued");
  expect(tries.length).toBeGreaterThan(5);
  // A broken node is not asked in a circle: the pause doubles up to a minute.
  expect(tries.length).toBeLessThan(80);

  await failAll(queue, runner, 130_000);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
  await queue.pass(1_000);
  expect(queue.core.told("1").at(-1)?.status).toMatch(/could not be started on its machine in \d+ tries\. .* engine/);
});

test("an hour alone does not end the job: it has five tries", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob());
  await runner.refuse(runner.offered(), NODE_FAULT);
  await runner.report(aCapacity({ change: CLOSED }));
  await queue.pass(7_200_000);
  await runner.report(aCapacity());

  for (const _ of ["second", "third", "fourth"]) {
    await runner.refuse(runner.offered(), NODE_FAULT);
    await queue.pass(60_000);
  }

  expect(queue.stateOf(queue.row("1"))).toBe("offered");
  await runner.refuse(runner.offered(), NODE_FAULT);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("while another machine is able, the node that failed is kept off for a minute, then for two", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  const ref = await bring(queue, runner, "offered");
  const other = await aRunner(queue, { id: "runner-2", cpu: 1 });
  await bring(queue, other, "running", aJob({ id: "2" }));

  for (const [keptOffMs, attempt] of [
    [60_000, 2],
    [120_000, 3],
  ] as const) {
    await runner.refuse(runner.offered(), NODE_FAULT);
    await queue.pass(keptOffMs - 1);
    expect(runner.offers()).toHaveLength(attempt - 1);
    await queue.pass(1);
    expect(runner.offered()).toEqual({ ...ref, attempt });
  }
});

test("a node that failed is asked again at once where no other machine is able", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 4 });
  await aRunner(queue, { id: "runner-2", cpu: 1 });
  const ref = await bring(queue, runner, "offered", aJob({ cpu: 4 }));

  await runner.refuse(ref, NODE_FAULT);
  await queue.pass(1_500);

  expect(runner.offered()).toEqual({ ...ref, attempt: 2 });
});

test("a job that its runner had to leave as busy is no failed start", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.fact(ref, { kind: "not-started", failure: { code: "closed" } });

  expect(queue.row("1")).toMatchObject({ failedStarts: null, attempt: 2, place: { state: "offered" } });
});

test("other jobs of the same kind do not wait for the one that failed", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  queue.create(aJob({ id: "1" }), aJob({ id: "2" }));

  await runner.refuse(runner.offered(), NODE_FAULT);

  expect(runner.offered().job).toBe("2");
});

const MINUTES: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 8],
  [5, 15],
  [50, 15],
];

test.each(MINUTES)("after %d failed starts on one node it is kept off for %d minutes", (tries, minutes) => {
  const failedStarts = { count: tries, firstMs: 0, runners: [{ id: "runner-1", tries, lastMs: 0 }] };

  expect(keptOff(failedStarts, minutes * 60_000 - 1)).toEqual(new Set(["runner-1"]));
  expect(keptOff(failedStarts, minutes * 60_000)).toEqual(new Set());
});
