/** A runner that enrolled again has a new key: the old one counts no more, in whatever order the words of it arrive. */
import { expect, test } from "vitest";
import { viewRunners } from "../../../../worker/queue/views.ts";
import { DROPPED_TEXT } from "../../../../worker/queue/words.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

const OLD = 1_000;
const NEW = 2_000;
const ID = "runner-1";

/** An open line whose key was given by the enrolment at `enrolledAt`. */
function aRunnerSince(queue: QueueUnderTest, enrolledAt: number, instance: string): TestRunner {
  const runner = new TestRunner(queue, { instance: instance.repeat(16) });
  const { id, publicKey } = runner;
  queue.lines = queue.lines.filter((line) => line !== runner.line);
  runner.line = queue.openLine({ id, name: id, publicKey, enrolledAt });
  return runner;
}

async function aWelcomedOne(queue: QueueUnderTest, enrolledAt: number, instance: string): Promise<TestRunner> {
  const runner = aRunnerSince(queue, enrolledAt, instance);
  await runner.hello();
  return runner;
}

const identity = (enrolledAt?: number) => ({
  id: ID,
  name: ID,
  publicKey: `key of ${ID}`,
  ...(enrolledAt === undefined ? {} : { enrolledAt }),
});

test("a connection that was admitted with the old key is refused once the queue knows of the new one", () => {
  const queue = openQueue();

  expect(queue.queue.isOutdated(identity(OLD))).toBe(false);
  queue.queue.reinstate(ID, NEW);
  queue.restart({ keepsSockets: false });

  expect(queue.queue.isOutdated(identity(OLD))).toBe(true);
  expect(queue.queue.isOutdated(identity(NEW))).toBe(false);
  // A gateway of before does not say when; it cannot be judged by that.
  expect(queue.queue.isOutdated(identity())).toBe(false);
});

test("the new key's first hello tells the queue as well, even if the Registry's word is late", async () => {
  const queue = openQueue();
  const late = aRunnerSince(queue, OLD, "a");

  await aWelcomedOne(queue, NEW, "b");
  await late.hello();

  expect(queue.queue.isOutdated(identity(OLD))).toBe(true);
  expect(late.line.closed).toEqual({ code: 4401, reason: "enrolled again" });
  expect(late.line.heard("welcome")).toEqual([]);
});

test("the old key's machine, alive as it is, does not keep the new one out", async () => {
  const queue = openQueue();
  const old = await aWelcomedOne(queue, OLD, "a");

  const runner = await aWelcomedOne(queue, NEW, "b");

  expect(runner.line.heard("welcome")).toHaveLength(1);
  expect(runner.line.closed).toBeNull();
  expect(old.line.closed?.code).toBe(4410);
});

test("with one and the same key the second machine is kept out", async () => {
  const queue = openQueue();
  await aWelcomedOne(queue, NEW, "a");

  expect((await aWelcomedOne(queue, NEW, "b")).line.closed?.code).toBe(4409);
});

test("the Registry's word closes the old key's sockets and leaves the new one's alone", async () => {
  const queue = openQueue();
  const old = await aWelcomedOne(queue, OLD, "a");
  const fresh = aRunnerSince(queue, NEW, "b");

  queue.queue.reinstate(ID, NEW);
  await fresh.hello();
  queue.queue.reinstate(ID, NEW);

  expect(old.line.closed).toEqual({ code: 4410, reason: "enrolled again" });
  expect(fresh.line.closed).toBeNull();
});

test("a late word of the enrolment that was revoked does not lift the revocation", () => {
  const queue = openQueue();

  queue.queue.revoke(ID, "stolen", OLD);
  queue.queue.reinstate(ID, OLD);
  expect(queue.queue.isRevoked(ID)).toBe(true);
  queue.queue.reinstate(ID, NEW);

  expect(queue.queue.isRevoked(ID)).toBe(false);
});

test("a late revocation of the enrolment before does not concern the new one", async () => {
  const queue = openQueue();
  const runner = await aWelcomedOne(queue, NEW, "a");

  queue.queue.revoke(ID, "stolen", OLD);
  expect(queue.queue.isRevoked(ID)).toBe(false);
  expect(runner.line.closed).toBeNull();
  queue.queue.revoke(ID, "stolen", NEW);

  expect(queue.queue.isRevoked(ID)).toBe(true);
  expect(runner.line.closed?.code).toBe(4403);
});

test("a word without a time, from a gateway of before, closes every socket and lifts the revocation", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.queue.reinstate(ID);
  expect(runner.line.closed?.code).toBe(4410);
  queue.queue.revoke(ID);
  queue.queue.reinstate(ID);

  expect(queue.queue.isRevoked(ID)).toBe(false);
});

test("without the category: what has begun there ends with the reason, the rest goes to others", async () => {
  const queue = openQueue();
  const runner = await aWelcomedOne(queue, OLD, "a");
  await bring(queue, runner, "running", aJob({ id: "begun" }));
  await bring(queue, runner, "claimed", aJob({ id: "claimed" }));
  const other = await aRunner(queue, { id: "runner-2", instance: "2".repeat(16) });

  queue.queue.drop(ID, NEW);
  expect(other.offers().map(({ job }) => job)).toEqual(["claimed"]);
  await queue.pass(10_000);

  expect(queue.core.told("begun").at(-1)).toMatchObject({ state: "FAILURE", status: DROPPED_TEXT });
  // As for any older key: what it has of other categories is no concern of this queue.
  expect(runner.line.closed).toEqual({ code: 4410, reason: "enrolled again" });
  expect(runner.line.heard("bye")).toEqual([]);
  expect(viewRunners(queue.queue.state).map(({ id }) => id)).toEqual(["runner-2"]);
  expect(queue.queue.isOutdated(identity(OLD))).toBe(true);
});

test("a late word that the category was dropped changes nothing, nor does one that comes twice", async () => {
  const queue = openQueue();
  queue.queue.drop(ID, OLD);
  const runner = await aWelcomedOne(queue, NEW, "b");
  const ref = await bring(queue, runner, "running");

  queue.queue.drop(ID, OLD);

  expect(queue.row(ref.job).place.state).toBe("running");
  expect(runner.line.closed).toBeNull();
});

test.each([
  ["its hello", async (queue: QueueUnderTest) => void (await aWelcomedOne(queue, NEW, "b"))],
  [
    "the Registry's word",
    async (queue: QueueUnderTest) => {
      queue.queue.reinstate(ID, NEW);
      await aWelcomedOne(queue, NEW, "b");
    },
  ],
])("a category that it is enrolled for again takes its jobs there, by %s", async (_, comeBack) => {
  const queue = openQueue();
  queue.queue.drop(ID, OLD);

  await comeBack(queue);
  queue.create(aJob());

  expect(queue.stateOf(queue.row("1"))).toBe("offered");
});
