/** A job that comes is written with the end of its turn, as what it has become by then. */
import { expect, test } from "vitest";
import { aJob, aPlan } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

/** Writes to jobs, in their order. */
function watchWrites(queue: QueueUnderTest): string[] {
  const writes: string[] = [];
  queue.onStatement = (query) => {
    const [write] = /^(INSERT INTO|UPDATE|DELETE FROM) job\b/.exec(query) ?? [];
    writes.push(...(write === undefined ? [] : [write]));
  };
  return writes;
}

const onDisk = (queue: QueueUnderTest) =>
  queue.queue.state.ports.sql.rows("SELECT id, state FROM job WHERE mute = 0 ORDER BY id").map(Object.values);

test.each([1, 3])(
  "the first jobs of %i lanes, offered as they come, are written once each, as offered",
  async (count) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    // The first of all is also the queue's first turn.
    queue.create(aJob({ id: "0" }));
    // And the object was out of memory since.
    queue.restart({ keepsSockets: true });
    const writes = watchWrites(queue);
    const jobs = Array.from({ length: count }, (_, n) => aJob({ id: `a${n}`, plan: { workspace: `user:u${n}` } }));
    queue.createUnanswered(...jobs);
    expect(runner.offers().map(({ job }) => job)).toEqual(["0", ...jobs.map(({ id }) => id)]);
    expect(writes).toEqual(jobs.map(() => "INSERT INTO job"));
    expect(onDisk(queue)).toEqual([["0", "offered"], ...jobs.map(({ id }) => [id, "offered"])]);
  },
);

test("a job that waits is written as waiting, and its lane is known without asking the disk", async () => {
  const queue = openQueue();
  queue.create(aJob({ id: "0" }));
  const asked: string[] = [];
  queue.onStatement = (query) => asked.push(query);
  queue.createUnanswered(aJob({ id: "1", plan: { workspace: "user:bob" } }));
  expect(asked.filter((query) => query.includes("lane = ?"))).toEqual([]);
  expect([...queue.queue.state.jobs.lanes.heads()].map(({ id }) => id)).toEqual(["0", "1"]);
  expect(onDisk(queue)).toEqual([
    ["0", "queued"],
    ["1", "queued"],
  ]);
  await aRunner(queue);
  expect(onDisk(queue)).toEqual([
    ["0", "offered"],
    ["1", "offered"],
  ]);
});

test("two of one id in one call: the second replaces the first, which is over", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const later = aJob({ createdAt: 1_600_000_000_001 });
  queue.createUnanswered(aJob(), later);
  expect(runner.offers().map(({ job }) => job)).toEqual(["1"]);
  expect(queue.row("1").createdAt).toBe(later.createdAt);
  expect(onDisk(queue)).toEqual([["1", "offered"]]);
});

test("of a turn whose end fails nothing is left, and the same call does it all again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.isCommitFailing = true;
  expect(() => queue.createUnanswered(aJob({ plan: aPlan() }))).toThrow("SQLITE_FULL");
  expect(queue.queue.state.jobs.live("1")).toBeNull();
  queue.isCommitFailing = false;
  queue.createUnanswered(aJob());
  expect(runner.offers()).toHaveLength(1);
  expect(onDisk(queue)).toEqual([["1", "offered"]]);
});
