/** A runner that is drained from the gateway: its job goes on, the next one waits, whatever is restarted meanwhile. */
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";

const site = sharedSite();

/** The gateway and the runner are started twice. */
const LONG = { timeout: 180_000 };

test("through a restart of gateway and runner it takes nothing new until it is resumed", LONG, async () => {
  const name = "node-1";
  const runner = await site().runner(name, { flags: ["--cpu", "2"] });
  await runner.start();
  const first = await running(site());
  const id = await site().admin.runnerId(name);
  const say = (verb: string, more = {}) =>
    site().admin.post(`/admin/runners/${id}/${verb}`, { reason: "new disks", ...more });
  const shows = (words: string) =>
    eventually(`status shows ${words}`, async () => {
      const { lines } = await runner.run("status");
      return lines.some((line) => line.includes(words)) || null;
    });

  expect(await say("drain")).toMatchObject({ status: 200, body: { drained: { reason: "new disks", by: "admin" } } });
  await shows("drains: takes no new jobs (Draining: by the site: new disks)");
  await runner.kill();
  await site().gateway.kill();
  await site().gateway.start();
  await runner.start();
  await shows("drains: takes no new jobs (Draining: by the site: new disks)");

  const second = await site().job();
  first.end();
  await first.reaches("SUCCESS");
  expect(first.starts()).toBe(1);
  const { body } = await site().admin.get(`/admin/jobs/${second.id}`);
  expect(body).toMatchObject({ state: "queued", waitsFor: "its machines to take jobs again: all are drained" });

  expect(await say("resume")).toMatchObject({ status: 200, body: { drained: null } });
  await second.reaches("SUCCESS");
  await shows("takes jobs");

  // Its job may last for a day.
  const before = Date.now() + 3_600_000;
  expect(await say("drain", { before })).toMatchObject({ status: 200, body: { drained: { from: before } } });
  await shows("takes jobs that are over by");
  const third = await site().job();
  const waiting = await site().admin.get(`/admin/jobs/${third.id}`);
  expect(waiting.body).toMatchObject({ state: "queued", waitsFor: expect.stringContaining("all are drained from") });
  // The machine's own operator says so too, and each of them takes back his own.
  const own = await runner.run("drain", "--before", new Date(before).toISOString());
  expect([own.code, own.lines[0]]).toEqual([0, expect.stringContaining("drains from")]);
  await say("resume");
  await shows("(then drained: planned by its operator)");
  expect((await runner.run("resume")).code).toBe(0);
  await third.reaches("SUCCESS");
});
