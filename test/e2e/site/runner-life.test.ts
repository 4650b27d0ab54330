/** What a runner's own life means for the job that it has: stopped, without its journal, on a machine that restarted. */
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { containersOf, hasNoContainer } from "../../support/podman-containers.ts";
import { rebootMachine } from "../../support/podman-processes.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY } from "../../support/site.ts";
import { type SiteJob, UNTIL_TOLD } from "../../support/site-job.ts";

const site = sharedSite();

let runner: RunnerProcess;
let name = "";
let bootIdFile = "";

beforeEach(async ({ task }) => {
  await runner?.kill();
  name = `node-${task.id}`;
  bootIdFile = join(site().folder, `boot-${task.id}`);
  writeFileSync(bootIdFile, "the-first-boot\n");
  runner = await site().runner(name, { flags: ["--cpu", "1", "--boot-id-file", bootIdFile] });
  await runner.start();
});

test("SIGTERM leaves the container, and the next start goes on with it", async () => {
  const job = await running(site());
  const askedMs = performance.now();
  expect(await runner.terminate()).toBe(0);
  expect(performance.now() - askedMs).toBeLessThan(5_000);
  expect(await containersOf(site().podman, job.id)).toEqual(["running"]);
  await runner.start();
  await endsWell(job);
});

test("a running container is adopted without the journal in the same boot", async () => {
  const job = await running(site());
  await runner.kill();
  loseJournal();
  await runner.start();
  await runner.child.line((line) => line.includes('"msg":"adopted_without_journal"'));
  await endsWell(job);
});

test("a container that ended meanwhile is adopted without the journal", async () => {
  const job = await running(site());
  await runner.kill();
  loseJournal();
  job.end();
  await runner.start();
  await endsWell(job);
});

test("a job that ran when the machine restarted is told as lost and never run again", async () => {
  const job = await running(site());
  await restartMachine();
  await runner.start();
  await isLost(job);
});

test("a job that ran when the machine restarted and the journal was lost is told as lost", async () => {
  const job = await running(site());
  await restartMachine();
  loseJournal();
  await runner.start();
  await isLost(job);
});

test("a revoked runner stops its job and ends, and may not come back", async () => {
  const job = await running(site());
  const id = await site().admin.runnerId(name);
  const { status } = await site().admin.post(`/admin/runners/${id}/revoke`, { reason: "sold" });
  expect([200, 202]).toContain(status);
  await job.reaches("FAILURE");
  expect(job.states()).toEqual(["RUNNING", "FAILURE"]);
  expect(job.lastText()).toMatch(/^The machine that ran the job was removed by the site/);
  await hasNoContainer(site().podman, job.id);
  expect(await runner.child.exited).toBe(3);
  runner.launch();
  await runner.child.line((line) => line.includes('"msg":"connect.refused"') && line.includes('"status":403'));
});

test("a key that was stolen is told of, revoked with a reason, and of no use when the machine is enrolled again", async () => {
  const job = await running(site());
  // On a machine of his own, without this one's containers.
  const podmanSocket = (await site().gate(`${name}-elsewhere`, join(site().folder, "nothing"))).socketPath;
  const thief = site().newRunner(`${name}-copied`, { podmanSocket, flags: ["--cpu", "1"] });
  cpSync(runner.stateDir, thief.stateDir, { recursive: true, filter: (path) => !/\.sock$|lock\.db/.test(path) });
  thief.launch();
  await eventually("the gateway tells of it", () =>
    site().gateway.lines.some((line) => line.includes("runner.other_instance")) ? true : null,
  );
  await thief.child.line((line) => line.includes('"msg":"identity.used_elsewhere"'));
  expect((await thief.run("status")).lines.join()).toContain("another machine is connected with this runner's key");

  const id = await site().admin.runnerId(name);
  await site().admin.post(`/admin/runners/${id}/revoke`, { reason: "its key was copied" });
  await job.reaches("FAILURE");
  expect(job.lastText()).toBe("The machine that ran the job was removed by the site: its key was copied");
  expect(await runner.child.exited).toBe(3);

  await runner.enroll(site().gateway.url, await site().admin.enrollmentCode(name, [CATEGORY]), "--replace");
  await runner.start();
  expect(await site().admin.runnerId(name)).toBe(id);
  await thief.kill();
  thief.launch();
  await thief.child.line((line) => line.includes('"msg":"connect.refused"') && line.includes('"status":401'));
  await endsWell(await running(site()));
});

test("a machine that is given up: the user reads why, the next job goes elsewhere, and what comes back is stopped", async () => {
  const job = await running(site());
  await runner.kill();
  const waiting = await site().job({ argv: UNTIL_TOLD });
  const spare = await site().runner(`${name}-spare`, { flags: ["--cpu", "1"] });
  await spare.start();
  const id = await site().admin.runnerId(name);
  const { status } = await site().admin.post(`/admin/runners/${id}/lost`, { reason: "burnt down" });
  expect(status).toBe(200);
  await job.reaches("FAILURE");
  expect(job.lastText()).toBe("The machine that ran the job is lost: burnt down");
  await waiting.begins();
  expect(await containersOf(site().podman, job.id)).toEqual(["running"]);
  await runner.start();
  await hasNoContainer(site().podman, job.id);
  await endsWell(waiting);
  expect(job.states()).toEqual(["RUNNING", "FAILURE"]);
});

async function endsWell(job: SiteJob): Promise<void> {
  job.end();
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.starts()).toBe(1);
  await hasNoContainer(site().podman, job.id);
}

async function isLost(job: SiteJob): Promise<void> {
  await job.reaches("FAILURE");
  expect(job.states()).toEqual(["RUNNING", "FAILURE"]);
  expect(job.lastText()).toBe("The machine was restarted while the job was on it.");
  await hasNoContainer(site().podman, job.id);
  expect(job.starts()).toBe(1);
}

async function restartMachine(): Promise<void> {
  await runner.kill();
  await rebootMachine(site().podman);
  writeFileSync(bootIdFile, "the-second-boot\n");
}

function loseJournal(): void {
  for (const file of readdirSync(runner.stateDir).filter((one) => one.startsWith("journal"))) {
    rmSync(join(runner.stateDir, file));
  }
}
