/** An alarm that failed is set again, and what happens meanwhile may still bring it forward. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

test("a line that must prove itself within ten seconds is not left to an alarm in thirty", async () => {
  const queue = openQueue();
  await bring(queue, await aRunner(queue), "running");
  queue.core.meanwhile = () => {
    throw new Error("what nobody expected");
  };
  await queue.pass(queue.times.guardMs);
  expect(queue.alarmMs).toBe(queue.nowMs + 30_000);

  const mute = new TestRunner(queue, { id: "runner-2" });
  await queue.pass(10_000);

  expect(mute.line.closed).toEqual({ code: 4400, reason: "no hello" });
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});
