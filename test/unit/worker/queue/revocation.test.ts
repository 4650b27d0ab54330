/** A runner that may connect no more: at once, and by the queue's own table from then on. */
import { expect, test } from "vitest";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

test("a live socket hears `bye` and is closed with 4403", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.queue.revoke(runner.id);

  expect(runner.line.frames.at(-1)).toEqual({ type: "bye", reason: "revoked" });
  expect(runner.line.closed?.code).toBe(4403);
  expect(queue.queue.isRevoked(runner.id)).toBe(true);
});

const JOBS: [Stage, string][] = [
  ["offered", "queued"],
  ["claimed", "queued"],
  ["starting", "FAILURE"],
  ["running", "FAILURE"],
];

test.each(JOBS)("its job in `%s` is %s afterwards", async (stage, expected) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, stage);

  queue.queue.revoke(runner.id);

  expect(queue.stateOf(queue.row("1"))).toBe(expected);
});

test("a job whose cancel was asked for ends as its user wished", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.queue.cancel("1", "maintenance");

  queue.queue.revoke(runner.id);

  expect(queue.stateOf(queue.row("1"))).toBe("SUCCESS");
});

test("a job that had begun ends with a sentence that says why, and the reason that the administrator gave", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");

  queue.queue.revoke(runner.id, "its disk\0 failed");
  await queue.pass(1_000);

  const status = "The machine that ran the job was removed by the site: its disk failed";
  expect(queue.core.told("1").at(-1)).toEqual({ state: "FAILURE", status, expectedDifferentState: true });
});

test("a job that had not begun goes to another runner", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  const other = await aRunner(queue, { id: "runner-2" });

  queue.queue.revoke(runner.id);

  expect(other.offers()).toEqual([{ ...ref, attempt: 2 }]);
});

test("its next hello is answered `bye` and closed with 4403, whatever let it in", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.revoke(runner.id);

  runner.reopen();
  await runner.hello();

  expect(runner.line.heard("bye")).toEqual([{ type: "bye", reason: "revoked" }]);
  expect(runner.line.closed?.code).toBe(4403);
  expect(runner.line.heard("welcome")).toEqual([]);
});

test("a frame that was under way is refused: nothing of it counts", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.queue.revoke(runner.id);
  runner.line.closed = null;

  await runner.fact(ref, anExit());

  expect(runner.line.closed).toMatchObject({ code: 4403 });
  expect(runner.line.heard("ack").map(({ kind }) => kind)).toEqual(["started"]);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("one that was revoked while its proof was checked is refused", async () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);

  const said = runner.hello();
  queue.queue.revoke(runner.id);
  runner.line.closed = null;
  await said;

  expect(runner.line.closed).toMatchObject({ code: 4403 });
  expect(runner.line.heard("welcome")).toEqual([]);
});

test("a runner that was never seen can be revoked, twice, and it survives a restart", async () => {
  const queue = openQueue();

  queue.queue.revoke("runner-9");
  queue.queue.revoke("runner-9");
  queue.restart({ keepsSockets: false });

  expect(queue.queue.isRevoked("runner-9")).toBe(true);
  expect(queue.queue.isRevoked("runner-1")).toBe(false);
});

test("enrolling again lifts it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.revoke(runner.id);

  queue.queue.reinstate(runner.id);
  await runner.reconnect();
  queue.create(aJob());

  expect(runner.offers()).toHaveLength(1);
});

test("enrolling again closes the old key's socket", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.queue.reinstate(runner.id);

  expect(runner.line.closed).not.toBeNull();
});

test("what cannot be stored is not said: a revocation on a full disk leaves the socket open", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.isDiskFull = true;

  expect(() => queue.queue.revoke(runner.id)).toThrow("SQLITE_FULL");

  expect(runner.line.closed).toBeNull();
});
