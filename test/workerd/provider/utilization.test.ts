/** `GET jobs/retrieveUtilization`: machines counted once, jobs by where they are, and nobody asked twice in a minute. */
import { expect, test } from "vitest";
import { summed } from "../../../worker/ucloud/utilization.ts";
import { advance } from "../support/clock.ts";
import { callAsCore } from "../support/gateway.ts";
import { createJob, takeOffer } from "../support/job-life.ts";
import { aJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";
import { startUcloud } from "../support/ucloud-stand-in.ts";

const GIGS = 2 ** 30;

async function utilization(): Promise<unknown> {
  const response = await callAsCore("/jobs/retrieveUtilization");
  expect(response.status).toBe(200);
  return response.json();
}

test("what the machines have, what is used of it, and how many jobs run and wait", async () => {
  startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await takeOffer(line);
  advance(60_000);

  expect(await utilization()).toMatchObject({
    usedCapacity: { cpu: 1, memory: 2 * GIGS },
    queueStatus: { running: 1, pending: 0 },
  });
});

test("the same is answered for a minute", async () => {
  advance(120_000);
  const before = await utilization();
  await callAsCore("/jobs", bulk(aJob({ id: "77" })));

  expect(await utilization()).toEqual(before);
  advance(60_000);

  expect(await utilization()).not.toEqual(before);
});

test("a machine in two categories is one machine", () => {
  const machine = { id: "r-1", total: { cpu: 8, memoryBytes: 16, gpu: 0 } };
  const used = { cpu: 1, memoryBytes: 2, gpu: 0 };

  expect(
    summed([
      { machines: [machine], used, running: 1, pending: 2 },
      { machines: [machine, { ...machine, id: "r-2" }], used, running: 3, pending: 4 },
    ]),
  ).toEqual({
    capacity: { cpu: 16, memory: 32 },
    usedCapacity: { cpu: 2, memory: 4 },
    queueStatus: { running: 4, pending: 6 },
  });
});
