/** Room that is kept for a large job on a machine with two lines: asked over a real socket, remembered with it. */
import { expect, test } from "vitest";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { callAsAdmin } from "../support/gateway.ts";
import { createJob } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";
import { CAPACITY } from "../support/runner-line.ts";

const OTHER = "other-compute";
const HOUR = 3_600_000;
const room = (usedElsewhere = CAPACITY.total) => ({ type: "capacity" as const, capacity: CAPACITY, usedElsewhere });

test("a job that has waited for an hour has a machine asked to keep room, once, also by an object that left memory", async () => {
  const runner = await anEnrolledRunner({ categories: ["example-compute", OTHER] });
  const line = await aWelcomedLine(runner);
  const other = await aWelcomedLine(runner, OTHER);
  line.send(room());
  await createJob();
  advance(HOUR + 1);

  line.send(room());
  const { need } = await line.next("hold");
  expect(need).toMatchObject({ cpu: expect.any(Number), gpu: 0 });
  await evict(queue());
  line.send(room());
  await callAsAdmin("/jobs/54112/cancel", { reason: "no longer needed" });
  expect(await line.next("hold")).toEqual({ type: "hold", need: null });

  // The other queue has nothing that waits and asks for nothing.
  other.send({ ...room(), heldElsewhere: true });
  expect((await queue(OTHER).runners()).map(({ id }) => id)).toEqual([runner.id]);
});
