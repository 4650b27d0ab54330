/** What a queue asks of runners for a large job that waits: to keep what comes free, also from their other queues. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob, GIBIBYTE } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const cores = (cpu: number) => ({ cpu, memoryBytes: cpu * GIBIBYTE, gpu: 0 });

/** Other queues use the whole machine, and a job that needs it has waited for more than an hour. */
async function aWaitingGiant(queue: QueueUnderTest): Promise<TestRunner> {
  const runner = await aRunner(queue, { cpu: 4 });
  runner.usedElsewhere = cores(4);
  await runner.report();
  queue.create(aJob({ id: "giant", cpu: 4, productId: "giant" }));
  await queue.pass(HOUR + 1);
  await runner.report();
  return runner;
}

test("a full machine that other queues use is asked to keep room once the job is old, and only once", async () => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);
  queue.create(aJob({ id: "small" }));
  await queue.pass(HOUR / 2);

  expect(runner.line.heard("hold")).toEqual([{ type: "hold", need: cores(4) }]);
});

test("an offer ends it at both ends: nothing is said for that, and the next large job asks anew", async () => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);
  runner.usedElsewhere = cores(0);
  await runner.report();
  expect(runner.offered().job).toBe("giant");
  expect(runner.line.heard("hold")).toHaveLength(1);
  queue.create(aJob({ id: "giant-2", cpu: 4, productId: "giant", plan: { workspace: "user:bob" } }));
  await advance(runner, runner.offered(), "offered", "running");

  runner.usedElsewhere = cores(1);
  await queue.pass(HOUR + 1);
  await runner.report();
  expect(runner.line.heard("hold").map(({ need }) => need?.cpu)).toEqual([4, 4]);
});

test("a job that was offered and comes back is asked for anew: its machine keeps nothing for it any more", async () => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);
  runner.usedElsewhere = cores(0);
  await runner.report();

  runner.usedElsewhere = cores(1);
  await runner.refuse(runner.offered(), { code: "no_room" });
  await runner.report();

  expect(runner.line.heard("hold").map(({ need }) => need?.cpu)).toEqual([4, 4]);
});

test.each([
  ["it is cancelled", (queue: QueueUnderTest) => queue.terminate(aJob({ id: "giant", productId: "giant" }))],
  ["the queue is paused", (queue: QueueUnderTest) => void queue.queue.pause({ reason: null, by: "otto" })],
])("when %s the machine is told to keep nothing", async (_, end) => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);

  end(queue);

  expect(runner.heldCpu()).toBeNull();
  expect(runner.line.heard("hold")).toHaveLength(2);
});

test("it is no row: a queue that left memory knows it by the open socket, and asks a new line anew", async () => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);
  queue.restart({ keepsSockets: true });
  await runner.report();
  expect(runner.line.heard("hold")).toHaveLength(1);
  queue.terminate(aJob({ id: "giant", productId: "giant" }));
  expect(runner.heldCpu()).toBeNull();

  queue.create(aJob({ id: "giant-2", cpu: 4, productId: "giant" }));
  await queue.pass(HOUR + 1);
  queue.restart({ keepsSockets: false });
  await runner.reconnect();
  expect(runner.heldCpu()).toBe(4);
});

test("of a turn that failed nothing is asked, and the next one asks", async () => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);
  queue.isCommitFailing = true;
  expect(() => queue.terminate(aJob({ id: "giant", productId: "giant" }))).toThrow("SQLITE_FULL");
  expect(runner.heldCpu()).toBe(4);
  queue.isCommitFailing = false;
  queue.terminate(aJob({ id: "giant", productId: "giant" }));
  expect(runner.heldCpu()).toBeNull();
});

test("while another queue has the machine, small jobs go on where there is room, and the large one is in line", async () => {
  const queue = openQueue();
  const runner = await aWaitingGiant(queue);
  runner.usedElsewhere = cores(3);
  runner.heldElsewhere = true;
  await runner.report();

  queue.create(aJob({ id: "small" }));

  expect(runner.offered().job).toBe("small");
});

test("a runner that does not know the frame has its machine kept by the queue alone", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 2 });
  const first = await bring(queue, runner, "running", aJob({ id: "1" }));
  const second = await bring(queue, runner, "running", aJob({ id: "2" }));
  queue.create(aJob({ id: "giant", cpu: 2, productId: "giant" }));
  await queue.pass(HOUR + 1);
  queue.create(aJob({ id: "small" }));
  await runner.fact(first, anExit());
  await runner.say({ type: "error", code: "bad_frame", field: "type", message: "unknown" });
  await runner.report();
  expect(runner.offered().job).toBe("2");
  await runner.fact(second, anExit());

  expect(runner.offered().job).toBe("giant");
});
