/** Status lines of a job: the latest wins, not too often, and never in the way of its end. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const lines = (queue: QueueUnderTest) =>
  queue.core.told("1").flatMap(({ state, status }) => (state === undefined ? [status] : []));

test("the progress of a pull is shown, guarded by what was told before", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  await runner.say({ type: "progress", ref, text: "Pulling the image: 10 %" });
  await queue.pass(1_000);

  expect(queue.core.told("1")).toEqual([{ status: "Pulling the image: 10 %", expectedState: "IN_QUEUE" }]);
});

test("of many lines within five seconds the first and the latest are told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await queue.pass(1_000);

  for (let percent = 1; percent <= 40; percent++) {
    await runner.say({ type: "progress", ref, text: `${percent} %` });
    await queue.pass(100);
  }
  await queue.pass(5_000);

  expect(lines(queue)).toEqual(["1 %", "40 %"]);
});

test("lines are at least five seconds apart", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await queue.pass(1_000);

  for (let second = 0; second < 20; second++) {
    await runner.say({ type: "progress", ref, text: `${second} s` });
    await queue.pass(1_000);
  }
  await queue.pass(5_000);

  expect(lines(queue).length).toBeGreaterThanOrEqual(4);
  expect(lines(queue).length).toBeLessThanOrEqual(6);
  expect(lines(queue).at(-1)).toBe("19 s");
});

test("the same line is not told twice", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  for (let round = 0; round < 3; round++) {
    await runner.say({ type: "progress", ref, text: "Pulling" });
    await queue.pass(6_000);
  }

  expect(lines(queue)).toEqual(["Pulling"]);
});

test("a line is one clean line", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  await runner.say({ type: "progress", ref, text: "a\0b\nc\u2028d \ud800" });
  await queue.pass(1_000);

  expect(lines(queue)).toEqual(["a b c d \ufffd"]);
});

test.each([[""], [" \n "], ["\0"]])("a line of nothing (%j) is not told", async (text) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  await runner.say({ type: "progress", ref, text });
  await queue.pass(10_000);

  expect(queue.core.calls).toEqual([]);
});

test("a line that waits for its turn does not delay RUNNING or the end", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await runner.say({ type: "progress", ref, text: "10 %" });
  await queue.pass(1_000);
  await runner.say({ type: "progress", ref, text: "100 %" });

  await advance(runner, ref, "claimed", "done");
  await queue.pass(0);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  await queue.pass(60_000);
  expect(lines(queue)).toEqual(["10 %"]);
});

test("a line that is on its way when the job ends does not hold the end back", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await runner.say({ type: "progress", ref, text: "10 %" });
  queue.core.meanwhile = () => runner.refuse(ref, { code: "image_not_found" });

  await queue.pass(1_000);

  expect(queue.core.told("1").map(({ state }) => state)).toEqual([undefined, "FAILURE"]);
});

test("a line that UCloud refuses is dropped, and what comes after it is told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  queue.core.badItems.set("1", { kind: "rejected", status: 400 });
  await runner.say({ type: "progress", ref, text: "10 %" });
  await queue.pass(1_000);
  queue.core.badItems.clear();

  await advance(runner, ref, "claimed", "done");
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(lines(queue)).toEqual([]);
});

test("progress after the start was granted is no news", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.say({ type: "progress", ref, text: "99 %" });
  await queue.pass(60_000);

  expect(queue.core.calls).toEqual([]);
});

test("what a program printed is in no text that UCloud gets", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  const tail = Buffer.from("the secret result").toString("base64");

  await runner.fact(ref, anExit({ exitCode: 1, tail }));
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "FAILURE"]);
  const told = JSON.stringify(queue.core.taken);
  expect(told).not.toContain("secret");
  expect(told).not.toContain(tail);
});
