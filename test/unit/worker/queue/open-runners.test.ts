/** Who gets offers at all. */
import { expect, test } from "vitest";
import { offerSilenceMs } from "../../../../shared/times.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob, GIBIBYTE } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED, TestRunner } from "../../../support/queue/test-runner.ts";

const SHUT: [string, (queue: QueueUnderTest) => Promise<TestRunner>][] = [
  ["that has not proven itself", async (queue) => new TestRunner(queue)],
  [
    "that is closed",
    async (queue) => {
      const runner = new TestRunner(queue);
      runner.capacity = aCapacity({ change: CLOSED });
      await runner.hello();
      return runner;
    },
  ],
  [
    "that was revoked",
    async (queue) => {
      const runner = await aRunner(queue);
      queue.queue.revoke(runner.id);
      return runner;
    },
  ],
  [
    "whose inventory is unknown",
    async (queue) => {
      const runner = new TestRunner(queue);
      await runner.hello({ inventory: "unknown" });
      return runner;
    },
  ],
  [
    "that is silent for three pings",
    async (queue) => {
      const runner = await aRunner(queue);
      runner.fallSilent();
      queue.nowMs += offerSilenceMs(queue.times) + 1;
      return runner;
    },
  ],
  [
    "whose socket is gone",
    async (queue) => {
      const runner = await aRunner(queue);
      queue.loseLine(runner.line);
      return runner;
    },
  ],
];

test.each(SHUT)("a runner %s is offered nothing", async (_, make) => {
  const queue = openQueue();
  const runner = await make(queue);

  queue.create(aJob());
  await queue.pass(1_000);

  expect(runner.offers()).toEqual([]);
  expect(queue.row("1")).toMatchObject({ attempt: 0, place: { state: "queued" } });
});

test("a runner that is silent for less is offered jobs", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  runner.fallSilent();
  queue.nowMs += offerSilenceMs(queue.times);

  queue.create(aJob());

  expect(runner.offers()).toHaveLength(1);
});

test("a runner whose pings come again on the same socket is offered what waits, although nothing else happens", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  runner.fallSilent();
  queue.nowMs += offerSilenceMs(queue.times) + 1;
  queue.create(aJob());
  await queue.pass(1_000);

  runner.speakAgain();
  await queue.pass(queue.times.leaseMs);

  expect(runner.offers()).not.toEqual([]);
});

test("a runner that was closed is offered jobs when it reports that it is open again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await runner.report(aCapacity({ change: CLOSED }));
  queue.create(aJob());
  expect(runner.offers()).toEqual([]);

  await runner.report(aCapacity());

  expect(runner.offers()).toHaveLength(1);
});

test("a runner is offered no more than it has room for", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 2 });

  queue.create(...["1", "2", "3"].map((id) => aJob({ id })));
  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "2"]);
  await runner.refuse(runner.offers()[0] ?? runner.offered(), { code: "image_not_found" });

  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "2", "3"]);
});

test("room that a job leaves when it ends is offered at once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  await bring(queue, runner, "done", aJob({ id: "1" }));
  queue.create(aJob({ id: "2" }));
  expect(runner.offered().job).toBe("2");
});

const SIZES: [string, Parameters<typeof aJob>[0], boolean][] = [
  ["fits exactly", { cpu: 4 }, true],
  ["needs a core more", { cpu: 5, plan: { resources: { cpu: 5, memoryBytes: 1, gpu: 0 } } }, false],
  ["needs a byte more", { plan: { resources: { cpu: 1, memoryBytes: 4 * GIBIBYTE + 1, gpu: 0 } } }, false],
  ["needs a GPU", { plan: { resources: { cpu: 1, memoryBytes: 1, gpu: 1 } } }, false],
  ["needs a kind of GPU that the machine does not have", { plan: { gpuKind: "h100" } }, false],
  ["needs three tenths of a core thrice", { cpu: 0.3 }, true],
];

test.each(SIZES)("a job that %s is offered to a machine of four cores and 4 GiB: %o", async (_, change, isOffered) => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 4 });

  queue.create(aJob(change));

  expect(runner.offers()).toHaveLength(isOffered ? 1 : 0);
});

test("a job that asks for a kind of GPU goes to a machine that has it", async () => {
  const queue = openQueue();
  await aRunner(queue);
  const able = await aRunner(queue, { id: "runner-2", gpuKind: "h100" });

  queue.create(aJob({ plan: { gpuKind: "h100" } }));

  expect(able.offers()).toHaveLength(1);
});

test("the offer goes to the socket of the newest session", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const old = runner.line;
  runner.reopen();
  await runner.hello();

  queue.create(aJob());

  expect(old.heard("offer")).toEqual([]);
  expect(runner.offers()).toHaveLength(1);
});
