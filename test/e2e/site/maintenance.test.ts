/** A machine that takes no more jobs for a while: by its own operator's word, or because its disk is short. */
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { script } from "../../support/site-job.ts";

const site = sharedSite({
  times: { ...SHORT_TIMES, waitingLineMs: 200 },
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
  await runner.kill();
});

test("with a short disk it takes none, says so to its operator and to who waits, and takes them when there is room", async () => {
  const runner = await site().runner("node-2");
  await runner.start("--min-free-disk", "1000T");
  await eventually("the disk is named", async () => {
    const { code, lines } = await runner.run("status");
    return code === 1 && lines.includes("takes no jobs: Less than 1024000.0 GiB of disk space is free.") ? true : null;
  });
  const job = await site().job({ argv: script("true") });
  await site().ucloud.book.until(() => job.lastText(), "why it waits");
  expect(job.lastText()).toBe(
    "Waiting: the machines that could run this job are short of disk space and take no new jobs.",
  );
  const { body } = await site().admin.get(`/admin/jobs/${job.id}`);
  expect(body).toMatchObject({ waitsFor: "its machines to take jobs again: all have closed" });
  await runner.terminate();
  await runner.start();
  await job.reaches("SUCCESS");
});
