/** A site without Cloudflare, on bare workerd whatever the other tests use: jobs, a crash, and a copy that goes on. */
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { backUp } from "../../../scripts/gateway/backup.ts";
import { processesBelow } from "../../support/command-lines.ts";
import { eventually } from "../../support/eventually.ts";
import { bare } from "../../support/gateway-host.ts";
import { running } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { REFRESH_TOKEN } from "../../support/simulated-ucloud/simulated-ucloud.ts";
import { ADMIN_TOKEN, CATEGORY } from "../../support/site.ts";
import { UNTIL_TOLD } from "../../support/site-job.ts";

const site = sharedSite({
  host: bare,
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1 }],
});

test("a running job survives workerd and its whole gateway, and a copy goes on with it when it is resumed", {
  timeout: 180_000,
}, async () => {
  const runner = await site().runner("node-1", { flags: ["--cpu", "0.2"] });
  await runner.start();
  const job = await running(site());
  await eventually("UCloud knows the products", () => (site().ucloud.catalogue.products.length === 1 ? true : null));

  const below = processesBelow(site().gateway.pid);
  const workerd = below.find(({ line }) => line.includes("workerd serve"));
  expect(workerd).toBeDefined();
  expect(below.filter(({ line }) => line.includes(ADMIN_TOKEN) || line.includes(REFRESH_TOKEN))).toEqual([]);
  process.kill(workerd?.pid ?? 0, "SIGKILL");
  const queued = await eventually("it takes jobs again", () =>
    site()
      .job({ argv: UNTIL_TOLD })
      .catch(() => null),
  );

  const copy = `${site().gateway.stateDir}-copy`;
  backUp(site().gateway.stateDir, copy);
  await site().gateway.kill();
  await site().gateway.putBack(copy);
  await rm(copy, { recursive: true });
  await site().gateway.start();

  await site().admin.post(`/admin/queues/${CATEGORY}/resume`, {});
  for (const one of [job, queued]) {
    await one.begins();
    one.end();
    await one.reaches("SUCCESS");
    expect([one.starts(), one.states()]).toEqual([1, ["RUNNING", "SUCCESS"]]);
  }
  await runner.kill();
});
