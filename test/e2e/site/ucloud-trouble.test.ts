/** UCloud in trouble, today's and the older version: what there is to tell is told later, once and in order. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { bulkOf } from "../../support/batch-job.ts";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { hasNoContainer } from "../../support/podman-containers.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { REFRESH_TOKEN } from "../../support/simulated-ucloud/simulated-ucloud.ts";
import { CATEGORY } from "../../support/site.ts";
import { type SiteJob, script } from "../../support/site-job.ts";

const site = sharedSite({
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1 }],
});

beforeAll(async () => {
  // Always near their end: none is used twice, so that tests need not wait for a token to grow old.
  site().ucloud.tokens.providerLifeS = 60;
  await (await site().runner("node-1")).start();
});

afterEach(() => {
  site().ucloud.faults.clear();
  site().ucloud.era = "today";
});

describe.each(["today", "older"] as const)("with the version of %s", (era) => {
  test("an error for a while delays RUNNING and SUCCESS, in this order", async () => {
    site().ucloud.era = era;
    const struck = site().ucloud.faults.set({ is: "status", status: 500 });
    const job = await site().job({ argv: script("true") });
    await job.isAtGateway("SUCCESS");
    await struck;
    expect(job.states()).toEqual([]);
    site().ucloud.faults.clear();
    await endsWell(job);
  });

  test("answers that are lost after the effect make no harm", async () => {
    site().ucloud.era = era;
    site().ucloud.faults.set({ is: "answer-lost" }, 4);
    await endsWell(await site().job({ argv: script("true") }));
  });

  test("a job that UCloud has forgotten keeps nobody else from being told", async () => {
    site().ucloud.era = era;
    const jobs = await Promise.all([running(site()), running(site()), running(site())]);
    const [forgotten, ...others] = jobs;
    const struck = site().ucloud.faults.set({ is: "down" });
    for (const job of jobs) {
      job.end();
    }
    await Promise.all(jobs.map((job) => job.isAtGateway("SUCCESS")));
    await struck;
    site().ucloud.book.jobs.delete(forgotten?.id ?? "");
    site().ucloud.faults.clear();
    for (const job of others) {
      await endsWell(job);
    }
    await eventually("nothing is left to be told", async () => (await site().admin.isAllTold()) || null);
  });

  test("a running job that UCloud has forgotten is stopped when there is something to tell", async () => {
    site().ucloud.era = era;
    const job = site().newJob({ argv: script("while :; do sleep 0.02; done") });
    const struck = site().ucloud.faults.set({ is: "down" });
    await site().post(job);
    await Promise.all([job.begins(), struck]);
    site().ucloud.book.jobs.delete(job.id);
    site().ucloud.faults.clear();
    await job.isAtGateway("FAILURE");
    await hasNoContainer(site().podman, job.id);
  });
});

test("an access token that is near its end is not used again", async () => {
  const job = await running(site());
  site().ucloud.tokens.distrustProviders();
  await endsWell(job);
});

test("while the refresh token is refused everything waits, and is told when it is taken again", async () => {
  const { ucloud, admin } = site();
  const job = await running(site());
  ucloud.tokens.distrustProviders();
  ucloud.refreshTokens.clear();
  job.end();
  await eventually("an administrator sees why", async () => {
    const { body } = await admin.get("/admin/undelivered");
    return JSON.stringify(body).includes("UCloud refuses our refresh token") || null;
  });
  expect((await fetch(`${site().gateway.url}/healthz`)).status).toBe(200);
  const meanwhile = await site().job({ argv: script("true") });
  await meanwhile.isAtGateway("SUCCESS");
  expect([job.states(), meanwhile.states()]).toEqual([["RUNNING"], []]);
  ucloud.refreshTokens.add(REFRESH_TOKEN);
  await endsWell(job);
  await endsWell(meanwhile);
});

test("a job whose id UCloud has given to another one meanwhile is not mistaken for it", async () => {
  const { book } = site().ucloud;
  const first = await running(site());
  const second = site().newJob({ id: first.id, createdAt: first.request.createdAt + 1, argv: script("true") });
  book.jobs.delete(first.id);
  const answer = await site().ucloud.create(bulkOf(second.request));
  expect(answer.status).toBe(200);
  await second.reaches("SUCCESS");
  expect(second.states()).toEqual(["RUNNING", "SUCCESS"]);
  await hasNoContainer(site().podman, first.id);
  // One line of the job that was replaced, one of its own: two folders.
  expect(second.workFolders().length).toBe(2);
  expect(second.starts()).toBe(2);
});

async function endsWell(job: SiteJob): Promise<void> {
  job.end();
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.lastText()).toBe("The job has finished processing!");
}
