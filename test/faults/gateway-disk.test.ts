/** The disk of a gateway without Cloudflare is full: nothing is accepted that cannot be kept, and nothing is lost. */
import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bulkOf } from "../support/batch-job.ts";
import { eventually } from "../support/eventually.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import { fillDisk } from "../support/faults/full-disk.ts";
import { bare } from "../support/gateway-host.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { hasEnded } from "../support/job-steps.ts";
import { UNTIL_TOLD } from "../support/site-job.ts";

const run = promisify(execFile);
const scene = faultSite({ site: { host: bare } });

/** Its state is on a small file system in memory while `work` is done, and on the machine's own disk again afterwards. */
async function onSmallDisk(gateway: GatewayProcess, work: () => Promise<void>): Promise<void> {
  await gateway.kill();
  const before = await gateway.copyState();
  await run("mount", ["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", gateway.stateDir]);
  try {
    await cp(before, gateway.stateDir, { recursive: true });
    await gateway.start();
    await work();
  } finally {
    await gateway.kill();
    const after = await gateway.copyState();
    await run("umount", [gateway.stateDir]);
    await gateway.putBack(after);
    await gateway.start();
  }
}

test("creates are refused, a job's end is told when there is room again, and the next job runs", async () => {
  const { job, runner, site } = scene();
  const one = await job({ argv: UNTIL_TOLD });
  await Promise.all([one.reaches("RUNNING"), one.begins()]);
  await onSmallDisk(site.gateway, async () => {
    const makeRoom = fillDisk(site.gateway.stateDir);
    const refused = site.newJob();
    await eventually("a create is refused", async () => {
      const { status } = await site.ucloud.create(bulkOf(refused.request));
      return status >= 500 || null;
    });
    one.end();
    await hasEnded(runner, one);
    makeRoom();
    await one.reaches("SUCCESS");
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
    expect(await refused.stateAtGateway()).toBe("unknown");
    expect(refused.starts()).toBe(0);
  });
});
