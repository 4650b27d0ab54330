/** The whole queue's order: workspaces share, old jobs get through, and the queue is never scanned. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

async function createInTurn(queue: QueueUnderTest, ids: string[], workspace: string): Promise<void> {
  for (const id of ids) {
    queue.create(aJob({ id, plan: { workspace } }));
    await queue.pass(10);
  }
}

test("a workspace with one job does not wait for another's hundred", async () => {
  const queue = openQueue();
  await createInTurn(queue, ["a1", "a2", "a3", "a4", "a5"], "user:a");
  await createInTurn(queue, ["b1", "b2"], "user:b");

  const runner = await aRunner(queue, { cpu: 4 });

  expect(runner.offers().map(({ job }) => job)).toEqual(["a1", "b1", "a2", "b2"]);
});

test("what runs counts: the workspace with less running gets the room that comes free", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 3 });
  const first = await bring(queue, runner, "running", aJob({ id: "a1", plan: { workspace: "user:a" } }));
  await bring(queue, runner, "running", aJob({ id: "a2", plan: { workspace: "user:a" } }));
  await bring(queue, runner, "running", aJob({ id: "b1", plan: { workspace: "user:b" } }));
  await createInTurn(queue, ["b2"], "user:b");
  await createInTurn(queue, ["c1"], "user:c");

  await runner.fact(first, anExit());

  expect(runner.offered().job).toBe("c1");
});

test("with room for one job only, a workspace that has just been served comes after the others", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  const first = await bring(queue, runner, "running", aJob({ id: "a1", plan: { workspace: "user:a" } }));
  await createInTurn(queue, ["a2", "a3"], "user:a");
  await createInTurn(queue, ["b1"], "user:b");

  await runner.fact(first, anExit());

  expect(runner.offered().job).toBe("b1");
});

test("within a workspace the oldest goes first, also after it came back to the queue", async () => {
  const queue = openQueue();
  await createInTurn(queue, ["1", "2", "3"], "user:a");
  const runner = await aRunner(queue, { cpu: 1 });

  await runner.refuse(runner.offered(), { code: "no_room" });
  await runner.report();

  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "1"]);
});

test("a large job is not starved by small ones: after an hour the machine is kept free for it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 2 });
  const first = await bring(queue, runner, "running", aJob({ id: "small-1" }));
  queue.create(aJob({ id: "large", cpu: 2, productId: "large" }));
  const second = await bring(queue, runner, "running", aJob({ id: "small-2" }));
  await queue.pass(3_600_001);
  await createInTurn(queue, ["small-3", "small-4"], "user:alice");

  await runner.fact(first, anExit());
  expect(runner.offers().map(({ job }) => job)).toEqual(["small-1", "small-2"]);
  await runner.fact(second, anExit());

  expect(runner.offered().job).toBe("large");
});

test("a job that fits nowhere does not stop those of other machine types behind it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  queue.create(aJob({ id: "huge", cpu: 64, productId: "huge" }));
  await queue.pass(7_200_000);

  queue.create(aJob({ id: "small" }));

  expect(runner.offered().job).toBe("small");
});

test("one machine type in one workspace is one thing to look at, however many wait", async () => {
  const queue = openQueue();
  const many = Array.from({ length: 300 }, (_, index) => aJob({ id: `a${index}` }));
  queue.create(...many);

  const runner = await aRunner(queue, { cpu: 200 });

  expect(runner.offers()).toHaveLength(200);
  expect(new Set(runner.offers().map(({ job }) => job)).size).toBe(200);
});
