/** Processes that stand still, live twice, or come back as another version. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { endsOnce } from "../support/faults/ends-once.ts";
import { type FaultSite, faultSite } from "../support/faults/fault-site.ts";
import { checkoutOf } from "../support/faults/other-version.ts";
import type { SiteJob } from "../support/site-job.ts";

const scene = faultSite();
const OWN = new URL("../..", import.meta.url).pathname;

async function running({ job }: FaultSite): Promise<SiteJob> {
  const one = await job();
  await Promise.all([one.reaches("RUNNING"), one.begins()]);
  return one;
}

async function restartAs({ runner }: FaultSite, project: string): Promise<void> {
  await runner.kill();
  runner.project = project;
  await runner.start();
}

afterEach(async () => {
  const { runner } = scene();
  if (runner.project !== OWN) {
    await restartAs(scene(), OWN);
  }
});

test("a runner that stands still for longer than the lease", async () => {
  const { runner, site } = scene();
  const one = await running(scene());
  const says = (text: string) => () => one.lastText()?.includes(text) || null;
  runner.child.freeze();
  await site.ucloud.book.until(says("does not answer"), "the word of the silence");
  runner.child.thaw();
  // On the line that it had or on a new one: only where a ping was under way was the line given up.
  await site.ucloud.book.until(says("answers again"), "the word that it is back");
  await endsOnce(one);
});

test("a gateway that stands still for longer than runners wait for its pong", async () => {
  const { runner, site } = scene();
  const one = await running(scene());
  const from = runner.lines.length;
  site.gateway.freeze();
  await runner.child.line((line) => line.includes('"msg":"connection.redial"'), from);
  site.gateway.thaw();
  await runner.welcome(from);
  await endsOnce(one);
});

test("a Podman service that stands still", async () => {
  const { site } = scene();
  const one = await running(scene());
  site.podman.freeze();
  await eventually("the runner takes nothing", async () => ((await site.admin.areAllOpen()) ? null : true));
  site.podman.thaw();
  await endsOnce(one);
});

test("a second machine with the same key is refused, says so, and disturbs nothing", async () => {
  const { runner, site } = scene();
  const one = await running(scene());
  const from = runner.lines.length;
  const clone = site.newRunner("clone", { flags: ["--cpu", "1"] });
  mkdirSync(clone.stateDir, { mode: 0o700 });
  cpSync(join(runner.stateDir, "identity.json"), join(clone.stateDir, "identity.json"));
  clone.launch();
  await clone.child.line((line) => line.includes('"msg":"identity.used_elsewhere"'));
  await clone.kill();
  await endsOnce(one);
  expect(runner.lines.slice(from).filter((line) => line.includes('"msg":"welcome"'))).toEqual([]);
});

test("a runner that is upgraded and put back with a job running", async () => {
  const { site } = scene();
  const one = await running(scene());
  await restartAs(scene(), await checkoutOf("9.9.9", site.folder));
  await restartAs(scene(), OWN);
  await endsOnce(one);
});

test("a runner that is put back too far brings its job to its end and takes no other", async () => {
  const { runner, site } = scene();
  const one = await running(scene());
  await restartAs(scene(), await checkoutOf("0.0.1", site.folder));
  await runner.child.line((line) => line.includes('"msg":"version.too_old"'));
  await endsOnce(one);
  expect(await site.admin.areAllOpen()).toBe(false);
});
