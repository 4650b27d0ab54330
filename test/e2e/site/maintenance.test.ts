/** A machine that takes no more jobs for a while, by its own operator's word. */
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY } from "../../support/site.ts";
import { script } from "../../support/site-job.ts";

const site = sharedSite({
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1, stopGrace: 1 }],
});

test("the machine's own drain waits for its jobs and ends with 0; the next start takes jobs again", async () => {
  const runner = await site().runner("node-1");
  await runner.start();
  const before = await running(site());
  const drained = runner.run("drain");
  await eventually("the machine is closed", async () => ((await site().admin.areAllOpen()) ? null : true));
  const waiting = await site().job({ argv: script("true") });
  before.end();
  expect((await drained).code).toBe(0);
  expect(await waiting.stateAtGateway()).toBe("queued");
  await runner.terminate();
  await runner.start();
  await waiting.reaches("SUCCESS");
});
