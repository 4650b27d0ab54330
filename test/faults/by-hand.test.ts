/** What people do on the machine past the runner: to a job's container, its folders, its log, and the runner's own limits. */
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { eventually } from "../support/eventually.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import { running } from "../support/job-steps.ts";
import { containersOf } from "../support/podman-containers.ts";
import { askPodman } from "../support/podman-service.ts";
import { type SiteJob, UNTIL_TOLD } from "../support/site-job.ts";

const scene = faultSite();

const namesSchema = z.array(z.object({ Names: z.array(z.string()) }));

async function aRunningJob(): Promise<SiteJob> {
  return scene().note(await running(scene().site));
}

/** As `podman` on the command line does. `CONTAINER` is the job's. */
async function byHand(job: SiteJob, method: string, path: string): Promise<void> {
  const { socketPath } = scene().site.podman;
  const { body } = await askPodman(socketPath, "GET", "/containers/json?all=true");
  const names = namesSchema.parse(JSON.parse(body)).flatMap(({ Names }) => Names);
  const container = names.find((name) => name.startsWith(`ucloud-${job.id}-`)) ?? "none";
  const { status } = await askPodman(socketPath, method, path.replace("CONTAINER", container));
  expect(status).toBeLessThan(300);
}

test.each([
  ["removes it", "DELETE", "/containers/CONTAINER?force=true", /removed by something else/],
  ["gives it another name", "POST", "/containers/CONTAINER/rename?name=somebody-elses", /removed by something else/],
  ["stops it", "POST", "/containers/CONTAINER/stop?timeout=0", /signal 9|137/],
])("somebody %s: the job fails in those words, and nothing is left", async (_what, method, path, words) => {
  const one = await aRunningJob();
  await byHand(one, method, path);
  await one.reaches("FAILURE");
  expect(one.states()).toEqual(["RUNNING", "FAILURE"]);
  expect(one.lastText()).toMatch(words);
  await eventually("no container with our labels is left of it", async () => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`dev.ucloud.job=${one.id}`] }));
    const { body } = await askPodman(
      scene().site.podman.socketPath,
      "GET",
      `/containers/json?all=true&filters=${filters}`,
    );
    return body.trim() === "[]" || null;
  });
});

test("somebody pauses it and lets it go on: it ends as if nothing had happened", async () => {
  const one = await aRunningJob();
  await byHand(one, "POST", "/containers/CONTAINER/pause");
  expect(await containersOf(scene().site.podman, one.id)).toEqual(["paused"]);
  one.end();
  await byHand(one, "POST", "/containers/CONTAINER/unpause");
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});

test("somebody pauses it and its user cancels it: it ends", async () => {
  const one = await aRunningJob();
  await byHand(one, "POST", "/containers/CONTAINER/pause");
  await one.terminate();
  await one.reaches("SUCCESS");
  expect(one.lastText()).toMatch(/^The job was cancelled/);
});

test("somebody deletes all that lies beside its work, the log too, while it runs: its end is told", async () => {
  const one = await aRunningJob();
  for (const folder of one.workFolders().map((work) => dirname(work))) {
    for (const name of readdirSync(folder).filter((each) => each !== "work")) {
      rmSync(join(folder, name), { recursive: true });
    }
  }
  one.end();
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});

test("a runner that may open no file and no connection more: its jobs wait for better days", async () => {
  const { job, runner, site } = scene();
  const before = await aRunningJob();
  // The soft limit alone; whatever is open already stays open.
  const limit = (files: number) => execFileSync("prlimit", ["--pid", String(runner.child.pid), `--nofile=${files}:`]);
  const from = runner.lines.length;
  limit(10);
  before.end();
  await runner.child.line((line) => line.includes('"msg":"podman.away"'), from);
  limit(1024);
  await before.reaches("SUCCESS");
  expect(before.states()).toEqual(["RUNNING", "SUCCESS"]);
  const after = await job({ argv: UNTIL_TOLD });
  await after.begins();
  after.end();
  await after.reaches("SUCCESS");
  expect(await site.admin.areAllOpen()).toBe(true);
});

test("SIGTERM twice is one", async () => {
  const { runner } = scene();
  const one = await aRunningJob();
  process.kill(runner.child.pid, "SIGTERM");
  process.kill(runner.child.pid, "SIGTERM");
  await runner.child.exited;
  await runner.start();
  one.end();
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});
