/** `POST jobs/suspend` and `jobs/unsuspend` in both shapes that UCloud has sent, and what its user reads. */
import { expect, test } from "vitest";
import { callAsCore, expectError } from "../support/gateway.ts";
import { createJob, shownJob, startOffered, tellFact } from "../support/job-life.ts";
import { aJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

const SHAPES: [string, (job: unknown) => unknown][] = [
  ["the older one's, the jobs themselves", (job) => job],
  ["today's, each wrapped", (job) => ({ job })],
];

test.each(SHAPES)("in %s, a running job is suspended and goes on", async (_name, shape) => {
  const line = await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  const ref = await startOffered(line);
  for (const [call, frame, n] of [
    ["suspend", "suspend", 1],
    ["unsuspend", "resume", 2],
  ] as const) {
    const response = await callAsCore(`/jobs/${call}`, bulk(shape(aJob())));
    expect([response.status, await response.text()]).toEqual([200, '{"responses":[{}]}']);
    expect(await line.next(frame)).toEqual({ type: frame, ref, n });
    const fact =
      n === 1
        ? ({ kind: "suspended", n, agoMs: 0 } as const)
        : { kind: "resumed" as const, n, agoMs: 0, byLimit: false };
    await tellFact(line, ref, fact);
    expect((await shownJob()).state).toBe(n === 1 ? "suspended" : "running");
  }
});

test.each(["suspend", "unsuspend"])("%s of a job that does not run is refused with a sentence", async (call) => {
  await createJob();
  const why = "items[0]: Only a running job can be suspended or go on.";
  expect(await expectError(await callAsCore(`/jobs/${call}`, bulk({ job: aJob() })), 400)).toBe(why);
  expect(await expectError(await callAsCore(`/jobs/${call}`, bulk({ job: aJob({ id: "2" }) })), 404)).toBe(
    "items[0]: This provider does not know the job.",
  );
});

test.each([
  ["a job that UCloud shows as ended", { job: aJob({ "status.state": "SUCCESS" }) }, "items[0].job: "],
  ["a wrapped job without an owner", { job: aJob({ owner: null }) }, "items[0].job.owner: "],
  ["a job without an owner", aJob({ owner: null }), "items[0].owner: "],
  ["no job", {}, "items[0].id: "],
])("%s is refused by name", async (_name, item, start) => {
  expect((await expectError(await callAsCore("/jobs/suspend", bulk(item)), 400)).startsWith(start)).toBe(true);
});
