/** Use, on a whole site: told while a job runs and after it, in today's and the older way, and what is done without funds. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bulkOf } from "../../support/batch-job.ts";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES, type Site } from "../../support/site.ts";
import { script } from "../../support/site-job.ts";

const OPTIONS = {
  times: { ...SHORT_TIMES, usageMs: 400 },
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1, fundsGrace: 1 }],
};
/** Whoever pays for the recorded job. */
const OWNER = "user";

describe.each([
  ["usage", (site: Site, id: string) => site.ucloud.ledger.usedUnder(`job-${id}`)],
  ["charges", (site: Site, id: string) => site.ucloud.ledger.chargedTo(id) || null],
] as const)("with ACCOUNTING=%s", (accounting, used) => {
  const site = sharedSite({ ...OPTIONS, accounting });

  beforeAll(async () => {
    await (await site().runner("node-1")).start();
  });

  beforeEach(() => site().ucloud.ledger.grant(OWNER, Number.POSITIVE_INFINITY));

  test("the first minute of a job is told while it runs, and nothing twice", async () => {
    const job = await running(site());
    const { book } = site().ucloud;
    await book.until(() => used(site(), job.id) || null, `use of ${job.id}`);
    job.end();
    await job.reaches("SUCCESS");
    expect(used(site(), job.id)).toBe(1);
  });

  test("what ended before anything was told is told, also by a gateway that was killed meanwhile", async () => {
    // One that has run for no time at all is not charged.
    const job = await site().job({ argv: script("sleep 1") });
    await job.reaches("SUCCESS");
    await site().gateway.kill();
    await site().gateway.start();
    // A report that left while it ran may have said nothing of a minute yet.
    await site().ucloud.book.until(() => used(site(), job.id) || null, `use of ${job.id}`);
    expect(used(site(), job.id)).toBe(1);
  });

  test("without funds the user is told, jobs are stopped, and new ones are refused until there are some again", async () => {
    const job = await running(site());
    const { book, ledger } = site().ucloud;
    ledger.grant(OWNER, 0);
    await book.until(
      () => book.jobs.get(job.id)?.updates.find(({ status }) => status?.includes("used up")) ?? null,
      "a line about the allocation",
    );
    await job.reaches("SUCCESS");
    expect(job.lastText()).toContain("cancelled by the site: the allocation");

    const refused = await site().ucloud.create(bulkOf(site().newJob({ argv: script("true") }).request));
    expect(refused).toMatchObject({ status: 402, body: { errorCode: "NOT_ENOUGH_COMPUTE_CREDITS" } });

    ledger.grant(OWNER, 1_000_000);
    await book.until(() => (ledger.isAskedSince(OWNER) ? true : null), "UCloud being asked again");
    // Its answer may still be on its way.
    const again = await eventually("a job is taken", () => site().job({ argv: script("true") }));
    await again.reaches("SUCCESS");
  });
});
