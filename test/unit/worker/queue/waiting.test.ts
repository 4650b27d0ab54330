/** What users of waiting jobs read, when, and how much of the queue is looked at for it. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, anExit, aRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const NEXT = "Waiting for a free machine: this job is the next one.";

const lines = (queue: QueueUnderTest, id = "1") =>
  queue.core.told(id).flatMap(({ state, status }) => (state === undefined ? [status] : []));

/** A job of four cores runs on the only machine. */
async function aBusySite(queue: QueueUnderTest) {
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", aJob({ id: "busy", cpu: 4 }));
  return { runner, ref };
}

test("nothing is told within the first minute, and then one line with its guard", async () => {
  const queue = openQueue();
  queue.create(aJob());

  await queue.pass(MINUTE - 1);
  expect(queue.core.calls).toEqual([]);
  await queue.pass(1);

  expect(queue.core.told("1")).toEqual([
    { status: "Waiting: no machine is online at the moment.", expectedState: "IN_QUEUE" },
  ]);
});

test("a job that is taken within the minute is told nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "starting");

  await queue.pass(10 * MINUTE);

  expect(lines(queue)).toEqual([]);
});

test("the same reason is told once, however long it lasts", async () => {
  const queue = openQueue();
  queue.create(aJob());

  await queue.pass(DAY);

  expect(lines(queue)).toHaveLength(1);
});

const CLOSED = (code: string) => aCapacity({ change: { closed: { code, text: "the 3.21 GiB of /secret are short" } } });

test.each([
  ["a machine that is too small", aCapacity({ cpu: 1 }), "none of the machines that are online is big enough"],
  ["a machine that is drained", CLOSED("drain"), "are being drained"],
  ["a machine without room on its disk", CLOSED("disk"), "are short of disk space"],
  ["a machine that is closed for another reason", CLOSED("podman"), "take no new jobs at the moment"],
])("with %s the reason is told in words of ours", async (_name, capacity, words) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await runner.report(capacity);
  queue.create(aJob({ cpu: 2 }));

  await queue.pass(2 * MINUTE);

  expect(lines(queue)).toHaveLength(1);
  expect(lines(queue)[0]).toContain(words);
  expect(lines(queue)[0]).not.toContain("secret");
});

test("machines that do not answer are a reason of their own", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  runner.fallSilent();
  await queue.pass(queue.times.leaseMs + 1);
  queue.create(aJob());

  await queue.pass(2 * MINUTE);

  expect(lines(queue)).toEqual(["Waiting: the machines that could run this job do not answer at the moment."]);
});

test("a line is told again when its reason has changed, and at most once a minute", async () => {
  const queue = openQueue();
  queue.create(aJob({ cpu: 4 }));
  await queue.pass(MINUTE);
  const runner = await aRunner(queue, { cpu: 2 });
  await queue.pass(MINUTE / 2);
  await runner.report(aCapacity({ change: { closed: { code: "drain", text: "" } } }));
  await queue.pass(MINUTE / 2 - 1_000);
  expect(lines(queue)).toHaveLength(1);

  await queue.pass(5 * MINUTE);

  expect(lines(queue)).toEqual([
    "Waiting: no machine is online at the moment.",
    "Waiting: the machines that could run this job are being drained and take no new jobs.",
  ]);
});

test("the place is counted over all older jobs of the queue, in coarse steps", async () => {
  const queue = openQueue();
  await aBusySite(queue);
  for (let index = 0; index < 12; index++) {
    queue.nowMs += 1;
    queue.create(aJob({ id: `j${index}`, plan: { workspace: `user:u${index % 3}` } }));
  }

  await queue.pass(2 * MINUTE);

  expect(lines(queue, "j0")).toEqual([NEXT]);
  expect(lines(queue, "j1")).toEqual(["Waiting for a free machine: this job is among the next 10."]);
  expect(lines(queue, "j9")).toEqual(["Waiting for a free machine: this job is among the next 10."]);
  expect(lines(queue, "j10")).toEqual(["Waiting for a free machine: this job is among the next 100."]);
});

test("who moves up within a step hears nothing, who becomes the next one does", async () => {
  const queue = openQueue();
  const { runner, ref } = await aBusySite(queue);
  for (const id of ["a", "b", "c"]) {
    queue.nowMs += 1;
    queue.create(aJob({ id, cpu: 4 }));
  }
  await queue.pass(2 * MINUTE);

  await runner.fact(ref, anExit());
  await runner.accept(runner.offered());
  await queue.pass(2 * MINUTE);

  expect(lines(queue, "b")).toEqual(["Waiting for a free machine: this job is among the next 10.", NEXT]);
  expect(lines(queue, "c")).toEqual(["Waiting for a free machine: this job is among the next 10."]);
});

test("no more than a hundred lines a minute, the oldest jobs first, and all in time", async () => {
  const queue = openQueue();
  const jobs = Array.from({ length: 250 }, (_, index) => aJob({ id: `j${String(index).padStart(3, "0")}` }));
  queue.create(...jobs);
  const told = () => jobs.filter(({ id }) => lines(queue, id).length > 0).length;

  await queue.pass(MINUTE + 10_000);
  expect(told()).toBe(100);
  expect(lines(queue, "j099")).toHaveLength(1);
  await queue.pass(MINUTE);
  expect(told()).toBe(200);
  await queue.pass(MINUTE);

  expect(told()).toBe(250);
});

test("an object that was taken from memory goes on where it was", async () => {
  const queue = openQueue();
  queue.create(aJob());
  await queue.pass(MINUTE / 2);
  queue.restart({ keepsSockets: true });

  await queue.pass(MINUTE / 2 + 1_000);
  expect(lines(queue)).toHaveLength(1);
  queue.restart({ keepsSockets: true });
  await queue.pass(MINUTE);

  expect(lines(queue)).toHaveLength(1);
});

test("a line of the pull replaces the reason, and the reason comes back with the job", async () => {
  const queue = openQueue();
  queue.create(aJob());
  await queue.pass(MINUTE);
  const runner = await aRunner(queue);
  await runner.accept(runner.offered());
  await runner.say({ type: "progress", ref: runner.offered(), text: "Pulling" });
  await queue.pass(10_000);
  const ref = runner.offered();
  queue.loseLine(runner.line);

  await queue.pass(5 * MINUTE);

  expect(ref.job).toBe("1");
  expect(lines(queue)).toEqual([
    "Waiting: no machine is online at the moment.",
    "Pulling",
    "Waiting: no machine is online at the moment.",
  ]);
});

test("a job that comes back from a pull is left alone for a minute", async () => {
  const queue = openQueue();
  queue.create(aJob());
  await queue.pass(MINUTE);
  const runner = await aRunner(queue);
  await runner.accept(runner.offered());
  queue.create(aJob({ id: "2", cpu: 64 }));
  await queue.pass(MINUTE - 10_000);
  await runner.say({ type: "progress", ref: runner.offered(), text: "Pulling" });
  await queue.pass(1_000);
  await runner.report(CLOSED("drain"));
  await runner.refuse(runner.offered(), { code: "closed" });

  await queue.pass(MINUTE - 2_000);
  expect(lines(queue).slice(1)).toEqual(["Pulling"]);
  await queue.pass(2 * MINUTE);

  expect(lines(queue).at(-1)).toContain("are being drained");
});

test("a job that waits for longer than its machine type allows ends with a sentence", async () => {
  const queue = openQueue();
  const site = { maxQueueMs: 3 * DAY, fundsGraceMs: 1, units: 1 };
  queue.create(aJob({ site }), aJob({ id: "2" }));

  await queue.pass(3 * DAY - 1);
  expect(queue.row("1").place.state).toBe("queued");
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["FAILURE"]);
  expect(queue.core.told("1").at(-1)?.status).toBe(
    "The job has waited for a machine longer than is possible here (3 days) and was given up.",
  );
  expect(queue.row("2").place.state).toBe("queued");
  await queue.pass(11 * DAY);
  expect(queue.core.states("2")).toEqual(["FAILURE"]);
});

test("a job behind a thousand others that may wait for longer ends in time as well", async () => {
  const queue = openQueue();
  const long = { maxQueueMs: 30 * DAY, fundsGraceMs: 1, units: 1 };
  queue.create(...Array.from({ length: 1_100 }, (_, index) => aJob({ id: `j${index}`, site: long })));
  queue.nowMs += 1;
  queue.create(aJob({ id: "short", productId: "other", site: { ...long, maxQueueMs: 120_000 } }));

  await queue.pass(121_000);

  expect(queue.row("short").place.state).toBe("done");
});
