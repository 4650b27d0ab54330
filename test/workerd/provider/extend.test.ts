/** `POST jobs/extend` as UCloud/Core sends it, what its user reads when it is refused, and what the runner hears. */
import { expect, test } from "vitest";
import { callAsCore, expectError } from "../support/gateway.ts";
import { createJob, exited, shownJob, startOffered, tellFact } from "../support/job-life.ts";
import { allStoredJobs } from "../support/queues.ts";
import { aJob, bulk, type Changes } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

type Time = Record<string, unknown>;
const HOUR = { hours: 1, minutes: 0, seconds: 0 };
const SECRET = "s3cr3t";

function extension(requestedTime: Time | null = HOUR, changes: Changes = {}) {
  return { job: aJob(changes), requestedTime };
}

const aRunnersLine = async () => aWelcomedLine(await anEnrolledRunner());
const extend = (...items: unknown[]) => callAsCore("/jobs/extend", bulk(...items));

test("a runner that has the job is told its whole time, however often it is asked for", async () => {
  const line = await aRunnersLine();
  await createJob();
  const ref = await startOffered(line);
  for (const _time of [1, 2]) {
    const response = await extend(extension());
    expect([response.status, await response.text()]).toEqual([200, '{"responses":[{}]}']);
    expect(await line.next("extend")).toEqual({ type: "extend", ref, wallMs: 7_200_000 });
  }
  line.send({ type: "fact", ref, fact: { kind: "extended", wallMs: 7_200_000 } });
  expect(await line.next("ack")).toEqual({ type: "ack", ref, kind: "extended", wallMs: 7_200_000 });
});

test("the parts are summed, whatever each of them is", async () => {
  const line = await aRunnersLine();
  await createJob();
  await startOffered(line);
  expect((await extend(extension({ hours: -1, minutes: 90, seconds: null }))).status).toBe(200);
  expect((await line.next("extend")).wallMs).toBe(5_400_000);
});

test("no jobs are extended by a call without jobs", async () => {
  expect((await callAsCore("/jobs/extend", {})).status).toBe(200);
});

const REFUSED: [string, unknown, number, string][] = [
  ["nothing to add", extension({ hours: 0, minutes: 0, seconds: 0 }), 400, "requestedTime"],
  ["less than nothing", extension({ hours: 1, minutes: -61, seconds: 0 }), 400, "requestedTime"],
  ["a part that is no whole number", extension({ ...HOUR, minutes: 1.5 }), 400, "requestedTime.minutes"],
  ["a part that is a text", extension({ ...HOUR, hours: SECRET }), 400, "requestedTime.hours"],
  ["no time", extension(null), 400, "requestedTime"],
  ["no job", { requestedTime: HOUR }, 400, "job"],
  ["more than the machine type allows", extension({ ...HOUR, hours: 9_999_999 }), 400, "requestedTime"],
  ["a job that UCloud shows as ended", extension(HOUR, { "status.state": "EXPIRED" }), 400, "job"],
  ["a job that nobody knows", extension(HOUR, { id: "2" }), 404, "job"],
  ["another job of the same id", extension(HOUR, { createdAt: 1 }), 404, "job"],
  [
    "a category that is not ours",
    extension(HOUR, { "specification.product.category": SECRET }),
    400,
    "job.specification.product.category",
  ],
  ["an id with a slash", extension(HOUR, { id: `../${SECRET}` }), 400, "job.id"],
];

test.each(REFUSED)("%s is refused, and nothing of the call is done", async (_name, bad, status, field) => {
  await createJob();
  const why = await expectError(await extend(extension(), bad), status);
  expect(why.startsWith(`items[1].${field}: `)).toBe(true);
  expect(why).not.toContain(SECRET);
  expect((await shownJob()).timeline).toHaveLength(1);
  expect(await allStoredJobs()).toHaveLength(1);
});

test("the sentence names the longest time", async () => {
  await createJob();
  const why = await expectError(await extend(extension({ ...HOUR, hours: 800 })), 400, "BAD_REQUEST");
  expect(why).toBe(
    "items[0].requestedTime: The job may run for at most 720 hours (2592000 s) in all on this machine type.",
  );
});

test("a job that is over here is refused though UCloud does not know it yet", async () => {
  const line = await aRunnersLine();
  await createJob();
  const ref = await startOffered(line);
  await tellFact(line, ref, exited());
  expect(await expectError(await extend(extension()), 400)).toBe("items[0].job: The job has ended.");
});
