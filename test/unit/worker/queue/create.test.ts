/** When a create is stored, held or refused. */
import { expect, test } from "vitest";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

const TWO = [aJob({ id: "1" }), aJob({ id: "2" })];

test("the answer counts what waits, up to 20", () => {
  const queue = openQueue();
  expect(queue.queue.create([aJob({ id: "0" })], null)).toMatchObject({ kind: "stored", waiting: 1, held: 0 });

  const many = Array.from({ length: 30 }, (_, index) => aJob({ id: `a${index}` }));

  expect(queue.queue.create(many, null)).toMatchObject({ kind: "stored", waiting: 20, held: 0 });
});

test("a stored job is still there when the object comes back from disk", async () => {
  const queue = openQueue();
  queue.create(aJob());

  queue.restart({ keepsSockets: false });
  const runner = await aRunner(queue);

  expect(runner.offered()).toMatchObject({ job: "1", attempt: 1 });
});

test("of a call that cannot be stored whole nothing is stored", () => {
  const queue = openQueue();
  queue.isDiskFull = true;

  expect(() => queue.queue.create(TWO, null)).toThrow("SQLITE_FULL");

  queue.isDiskFull = false;
  expect(queue.queue.job("1")).toBeNull();
});

test("a held job is not offered before its release, and at once after it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  expect(queue.queue.create(TWO, "hold-1")).toMatchObject({ kind: "stored", waiting: 0, held: 2 });
  await queue.pass(queue.times.holdMs - 1);
  expect(runner.offers()).toEqual([]);

  expect(queue.queue.release("hold-1")).toBe(true);
  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "2"]);
});

test("a release is for its own hold", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.create([aJob({ id: "1" })], "hold-1");
  queue.queue.create([aJob({ id: "2" })], "hold-2");

  queue.queue.release("hold-2");

  expect(runner.offers().map(({ job }) => job)).toEqual(["2"]);
});

test("what is not released in time is discarded, UCloud hears nothing of it, and its release is refused", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.beKnown(...TWO);
  queue.queue.create(TWO, "hold-1");

  await queue.pass(queue.times.holdMs);

  expect(queue.queue.job("1")).toBeNull();
  expect(queue.queue.release("hold-1")).toBe(false);
  await queue.pass(600_000);
  expect(queue.core.calls).toEqual([]);
  expect(runner.offers()).toEqual([]);
});

test("a create of one category that finds its job still held takes it out of the hold", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.create([aJob()], "hold-1");

  queue.queue.create([aJob()], null);

  expect(runner.offers()).toHaveLength(1);
  await queue.pass(queue.times.holdMs);
  expect(queue.queue.job("1")).not.toBeNull();
});

test("creates are refused when our refresh token has been refused for ten minutes, and taken when it works again", async () => {
  const queue = openQueue();
  queue.create(aJob());
  queue.core.trouble = { kind: "refresh-refused" };
  queue.terminate(aJob());
  await queue.pass(queue.times.guardMs);
  const sinceMs = queue.nowMs;
  expect(queue.queue.state.settings.get().refreshRefusedSinceMs).toBe(sinceMs);

  await queue.pass(600_000 - 1);
  expect(queue.queue.create([aJob({ id: "2" })], null).kind).toBe("stored");
  await queue.pass(1);
  const refused = { kind: "refused", index: 0, code: "refresh_refused" };
  expect(queue.queue.create([aJob({ id: "3" })], null)).toEqual(refused);
  expect(queue.queue.job("3")).toBeNull();
  queue.restart({ keepsSockets: true });
  expect(queue.queue.create([aJob({ id: "3" })], null)).toEqual(refused);

  queue.core.trouble = null;
  await queue.pass(queue.times.retryMaxMs + 1_000);
  expect(queue.queue.create([aJob({ id: "3" })], null).kind).toBe("stored");
});

test("creates are refused when the disk is nearly full", () => {
  const queue = openQueue();
  queue.databaseBytes = 8 * 2 ** 30 + 1;

  expect(queue.queue.create([aJob()], null)).toEqual({ kind: "refused", index: 0, code: "queue_full" });
  expect(queue.queue.job("1")).toBeNull();
});

test("a word that an answer has left is ignored for a job that is not there or is another", async () => {
  const queue = openQueue();
  queue.createUnanswered(aJob());

  queue.queue.answered([identityOf(aJob({ id: "99" })), identityOf(aJob({ createdAt: 5 }))]);
  queue.terminate(aJob());
  await queue.pass(queue.times.guardMs);

  expect(queue.core.calls).toEqual([]);
});
