/** What a `hello` does not name, what an unknown inventory means, and the `hello` that completes it. */
import { expect, test } from "vitest";
import { UNKNOWN_ON_NODE_TEXT } from "../../../../worker/queue/words.ts";
import { advance, bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED, TestRunner } from "../../../support/queue/test-runner.ts";

const UNNAMED: [Stage, string][] = [
  ["offered", "queued"],
  ["claimed", "queued"],
  ["starting", "FAILURE"],
  ["running", "FAILURE"],
];

test.each(UNNAMED)("a job in `%s` that a complete hello does not name is %s", async (stage, expected) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, stage);
  runner.capacity = aCapacity({ change: CLOSED });

  await runner.reconnect([]);

  expect(queue.stateOf({ id: ref.job, incarnation: ref.incarnation })).toBe(expected);
});

test("a started job that its node does not know ends with a sentence that says so", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");

  await runner.reconnect([]);
  await queue.pass(1_000);

  expect(queue.core.told("1").at(-1)).toEqual({
    state: "FAILURE",
    status: UNKNOWN_ON_NODE_TEXT,
    expectedDifferentState: true,
  });
});

test("a started job that its node does not know, and that was to be cancelled, ends as cancelled", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.terminate(aJob());

  await runner.reconnect([]);

  expect(queue.stateOf(queue.row("1"))).toBe("SUCCESS");
});

test.each([["offered"], ["claimed"], ["starting"], ["running"]] as [Stage][])(
  "an unknown inventory says nothing about a job in `%s`",
  async (stage) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, stage);

    expect(await runner.reconnect("unknown")).toEqual([]);

    expect(queue.stateOf(queue.row("1"))).toBe(stage);
  },
);

test("a runner with an unknown inventory is offered nothing", async () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);
  await runner.hello({ inventory: "unknown" });
  await runner.report();

  queue.create(aJob());

  expect(runner.offers()).toEqual([]);
});

test("a second hello on the same socket completes the inventory: verdicts, then offers", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  const ref = await bring(queue, runner, "claimed");
  runner.reopen();
  await runner.hello({ inventory: "unknown" });
  const session = runner.line.badge().hello?.session;
  queue.create(aJob({ id: "2" }));
  expect(runner.offers()).toEqual([]);

  runner.capacity = aCapacity({ cpu: 2 });
  await runner.hello({ inventory: [{ ref, phase: "ready" }] });

  expect(runner.line.closed).toBeNull();
  expect(runner.verdictOn(ref)).toBe("go");
  expect(runner.offered().job).toBe("2");
  expect(runner.line.badge().hello?.session).toBe(session);
});

test("frames are taken after an incomplete hello too", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  runner.reopen();
  await runner.hello({ inventory: "unknown" });

  await advance(runner, ref, "claimed", "running");

  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("what a runner uses elsewhere and what it runs for this queue leave the room for the next offers", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 4 });
  const ref = await bring(queue, runner, "running", aJob({ id: "1", cpu: 1 }));
  runner.usedElsewhere = { cpu: 2, memoryBytes: 0, gpu: 0 };
  await runner.reconnect([{ ref, phase: "running" }]);

  queue.create(aJob({ id: "2", cpu: 1 }), aJob({ id: "3", cpu: 1 }));

  expect(runner.offers().map(({ job }) => job)).toEqual(["2"]);
});
