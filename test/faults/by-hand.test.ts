/** What people do on the machine past the runner: to a job's container, its folders, its log, and the runner's own limits. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { eventually } from "../support/eventually.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import { aRunningJob } from "../support/faults/late-steps.ts";
import { containersOf } from "../support/podman-containers.ts";
import { askPodman } from "../support/podman-service.ts";
import { type SiteJob, script, UNTIL_TOLD } from "../support/site-job.ts";

const scene = faultSite();

const namesSchema = z.array(z.object({ Names: z.array(z.string()) }));

/** Counts until it is told to end, and leaves a file when it has heard that. KILL is heard by nobody. */
const CLEARING_UP = script(
  "trap 'echo > /work/cleared-up; exit 0' TERM; while :; do sleep 0.05; echo >> /work/count; done",
);

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
  ["stops it", "POST", "/containers/CONTAINER/stop?timeout=0", /ended by signal 9/],
])("somebody %s: the job fails in those words, and nothing is left", async (_what, method, path, words) => {
  const one = await aRunningJob(scene());
  // Podman ends a container before it removes it, and a runner that looks in between tells that end.
  const { child } = scene().runner;
  child.freeze();
  await byHand(one, method, path);
  child.thaw();
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

test.each([
  [
    "the runner",
    async () => {
      await scene().runner.kill();
      await scene().runner.start();
    },
  ],
  ["Podman's service", () => scene().site.podman.restart()],
])(
  "somebody pauses it, and %s is started again: it is let go on, and ends as if nothing had happened",
  async (_what, startAgain) => {
    const one = await aRunningJob(scene());
    await byHand(one, "POST", "/containers/CONTAINER/pause");
    expect(await containersOf(scene().site.podman, one.id)).toEqual(["paused"]);
    await startAgain();
    one.end();
    await one.reaches("SUCCESS");
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  },
);

test("somebody pauses it and its user cancels it: its program hears so, and ends by itself", async () => {
  const one = await scene().job({ argv: CLEARING_UP });
  await Promise.all([one.reaches("RUNNING"), one.counts(1)]);
  await byHand(one, "POST", "/containers/CONTAINER/pause");
  await one.terminate();
  await one.reaches("SUCCESS");
  expect(one.lastText()).toMatch(/^The job was cancelled/);
  expect(one.workFolders().filter((work) => existsSync(join(work, "cleared-up")))).toHaveLength(1);
});

test("somebody deletes all that lies beside its work, the log too, while it runs: its end is told", async () => {
  const one = await aRunningJob(scene());
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
  const before = await aRunningJob(scene());
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
  const { gate, newJob, runner, site } = scene();
  const one = newJob({ argv: UNTIL_TOLD });
  // The stop takes a while: it waits for what is under way at Podman.
  const held = gate.hold(new RegExp(`POST .*/containers/create .*ucloud-${one.id}-`), "call");
  await site.post(one);
  await held.reached;
  process.kill(runner.child.pid, "SIGTERM");
  await runner.child.line((line) => line.includes('"msg":"stopping"'));
  process.kill(runner.child.pid, "SIGTERM");
  expect(await runner.child.exited).toBe(0);
  held.open();
  await runner.start();
  await one.begins();
  one.end();
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});
