/** A job that waits tells its user why, and what changes about it. */
import { expect, test } from "vitest";
import { running } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { type SiteJob, UNTIL_TOLD } from "../../support/site-job.ts";

const product = { category: CATEGORY, memoryInGigs: 0.1, price: 1 };
const site = sharedSite({
  times: { ...SHORT_TIMES, waitingLineMs: 300 },
  products: [
    { ...product, name: "example-compute-1", cpu: 0.5 },
    { ...product, name: "short-patience", cpu: 0.5, maxQueue: 1 },
  ],
});

async function reads(job: SiteJob, words: string): Promise<void> {
  const { book } = site().ucloud;
  const look = () => book.jobs.get(job.id)?.updates.some(({ status }) => status?.includes(words)) || null;
  await book.until(look, `"${words}"`);
}

test("no machine, a machine that is full, the job's turn: each is told once, and then it runs", async () => {
  const job = await site().job({ argv: UNTIL_TOLD });
  await reads(job, "no machine is online");
  await (await site().runner("node-1", { flags: ["--cpu", "0.5"] })).start();
  await job.reaches("RUNNING");
  const next = await site().job({ argv: ["true"] });
  await reads(next, "is the next one");
  const later = await site().job({ argv: ["true"] });
  await reads(later, "among the next 10");
  job.end();
  await next.reaches("SUCCESS");
  await later.reaches("SUCCESS");
  const lines = site()
    .ucloud.book.jobs.get(next.id)
    ?.updates.filter(({ status }) => status?.startsWith("Waiting"));
  expect(lines).toHaveLength(1);
});

test("a job that waits longer than its machine type allows ends with a sentence", async () => {
  const before = await running(site());
  const job = await site().job({ product: { id: "short-patience", category: CATEGORY } });
  await job.reaches("FAILURE");
  expect(job.lastText()).toContain("waited for a machine longer");
  before.end();
});
