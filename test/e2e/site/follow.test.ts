/** Logs, followed through every real part: from the first byte, live, to the end, in the framing of both UClouds. */
import { beforeAll, expect, test } from "vitest";
import { ucloudJob } from "../../support/batch-job.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { Follower } from "../../support/simulated-ucloud/follower.ts";
import { type SiteJob, script } from "../../support/site-job.ts";

const site = sharedSite();
let runner: RunnerProcess;

beforeAll(async () => {
  runner = await site().runner("node-1");
});

async function follow(job: SiteJob, era: "today" | "older" = "today"): Promise<Follower> {
  const { ucloud } = site();
  const token = await ucloud.tokens.core();
  const follower = await Follower.open({
    ...{ gatewayUrl: site().gateway.url, providerId: ucloud.providerId, token, era },
  });
  follower.follow(ucloudJob(job.request), era === "today" ? "ignored" : "7");
  return follower;
}

const UNTIL_TOLD = "until [ -e /work/end ]; do sleep 0.02; done";

test("a queued job's stream is held, then shows history, live output and the end", async () => {
  const job = await site().job({ argv: script(`echo first; echo wrong >&2; ${UNTIL_TOLD}; echo last`) });
  const viewer = await follow(job);
  await runner.start();
  await viewer.shows("the first lines", ({ stdout, stderr }) => stdout === "first\n" && stderr === "wrong\n");
  job.end();
  await job.reaches("SUCCESS");
  expect(await viewer.closed).toBe(1000);
  expect(viewer.stdout).toBe("first\nlast\n");
  expect(viewer.messages.at(-1)).toMatchObject({ type: "response", status: 200 });
});
