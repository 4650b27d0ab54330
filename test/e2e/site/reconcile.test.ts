/** Gateway and UCloud know different jobs: forgotten, put back, never heard of, and brought along by a runner. */
import { afterEach, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { ucloudJob } from "../../support/batch-job.ts";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { hasNoContainer } from "../../support/podman-containers.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { script, UNTIL_TOLD } from "../../support/site-job.ts";

const site = sharedSite({
  // What a young queue holds back, it holds for twelve times `forgottenMs`.
  times: { ...SHORT_TIMES, reconcileMs: 300, forgottenMs: 300 },
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1 }],
});
const MINUTE = 60_000;
const undeliveredSchema = z.object({ items: z.array(z.object({ id: z.string(), state: z.string() })) });

beforeAll(async () => {
  await (await site().runner("node-1")).start();
});

afterEach(() => {
  site().ucloud.era = "today";
});

/** What administrators see as held of one job. */
async function heldAs(id: string): Promise<string | null> {
  const { items } = undeliveredSchema.parse((await site().admin.get("/admin/undelivered")).body);
  return items.find((item) => item.id === id)?.state ?? null;
}

function old() {
  return { createdAt: Date.now() - 10 * MINUTE };
}

test("a running job that the gateway has lost is taken up, not ended, and its end is told", async () => {
  const job = await site().job({ argv: UNTIL_TOLD });
  await job.reaches("RUNNING");
  await site().gateway.kill();
  await site().gateway.loseQueues();
  await site().gateway.start();
  await job.isAtGateway("running");

  job.end();
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.starts()).toBe(1);
  await hasNoContainer(site().podman, job.id);
});

test("a job that UCloud shows as open and that has ended here is told its end again", async () => {
  const job = await site().job({ ...old(), argv: script("true") });
  await job.reaches("SUCCESS");
  const theirs = site().ucloud.book.jobs.get(job.id);
  Object.assign(theirs ?? {}, { state: "RUNNING" });
  expect((await site().admin.post(`/admin/queues/${CATEGORY}/reconcile`, {})).status).toBe(200);
  await job.reaches("SUCCESS");
});

test.each(["today", "older"] as const)(
  "a job that was never accepted here is reported and left alone (%s)",
  async (era) => {
    site().ucloud.era = era;
    const job = site().newJob(old());
    const { id, createdAt, product } = job.request;
    const owner = { createdBy: "user", project: null };
    const theirs = site().ucloud.book.add({ id, createdAt, owner, product });
    theirs.isStored = true;
    if (era === "older") {
      const body = JSON.stringify({ items: [ucloudJob(job.request)] });
      expect(await site().ucloud.call("POST", "jobs/verify", body)).toEqual({ status: 200, body: {} });
    } else {
      await site().admin.post(`/admin/queues/${CATEGORY}/reconcile`, {});
    }
    await eventually("it is reported", async () => ((await heldAs(id)) === "held: foreign" ? true : null));
    expect(theirs.state).toBe("IN_QUEUE");
    site().ucloud.book.jobs.delete(id);
  },
);

test("a running job that UCloud has forgotten is stopped and dropped, although there is nothing to tell", async () => {
  const job = await running(site());
  await job.reaches("RUNNING");
  site().ucloud.book.jobs.delete(job.id);
  await job.isAtGateway("FAILURE");
  await hasNoContainer(site().podman, job.id);
});

test("a queue that is not ours is unknown", async () => {
  expect((await site().admin.post("/admin/queues/nobody/reconcile", {})).status).toBe(404);
});

/** The drill of docs/operations.md "UCloud was put back". */
test("a UCloud that was put back to last night ends at most three jobs, and the rest waits for an administrator's word", async () => {
  const jobs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => running(site())));
  const known = new Map(site().ucloud.book.jobs);
  for (const { id } of jobs) {
    site().ucloud.book.jobs.delete(id);
  }
  const held = async () => {
    const states = await Promise.all(jobs.map(async (job) => ({ job, state: await heldAs(job.id) })));
    return states.flatMap(({ job, state }) => (state === "held: forgotten" ? [job] : []));
  };
  const over = async () =>
    (await Promise.all(jobs.map((job) => job.stateAtGateway()))).filter((one) => one === "FAILURE");
  // One that was ended for the same reason shortly before counts as well.
  await eventually("each is over or held", async () => {
    return (await over()).length + (await held()).length === jobs.length ? true : null;
  });
  const ended = (await over()).length;
  expect(ended).toBeLessThanOrEqual(3);
  const [back, ...gone] = await held();

  // UCloud has one of them again; the others are nobody's.
  site().ucloud.book.jobs.set(back?.id ?? "", known.get(back?.id ?? "") ?? expect.fail("it was running"));
  await eventually("it is held no more", async () => ((await heldAs(back?.id ?? "")) === null ? true : null));
  expect(await over()).toHaveLength(ended);
  expect((await site().admin.post(`/admin/queues/${CATEGORY}/reconcile`, {})).status).toBe(200);
  await Promise.all(gone.map((job) => job.isAtGateway("FAILURE")));
  expect(await back?.stateAtGateway()).toBe("running");
  back?.end();
  await back?.reaches("SUCCESS");
});
