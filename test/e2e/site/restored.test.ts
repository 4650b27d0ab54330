/**
 * The drills of docs/operations.md "Restore", with everything real: an empty gateway that is given a copy, and one that
 * was put back to an earlier moment. Runners keep their identity, and every program begins once and ends once.
 */
import { afterEach, expect, test } from "vitest";
import * as z from "zod";
import { AdminClient } from "../../support/admin-client.ts";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { hasNoContainer } from "../../support/podman-containers.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { ADMIN_TOKEN, CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { type SiteJob, UNTIL_TOLD } from "../../support/site-job.ts";

const site = sharedSite({
  times: { ...SHORT_TIMES, reconcileMs: 300 },
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1 }],
});
/** Room for two jobs. */
const ROOM = { flags: ["--cpu", "0.4"] };
/** The gateway is started up to four times. */
const LONG_MS = 180_000;
const queueOf = `/admin/queues/${CATEGORY}`;
const pageSchema = z.looseObject({ next: z.string().nullable() });

const runners: RunnerProcess[] = [];
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.kill()));
});

async function aNode(name: string): Promise<RunnerProcess> {
  const runner = await site().runner(name, ROOM);
  runners.push(runner);
  await runner.start();
  return runner;
}

async function waiting(): Promise<SiteJob> {
  const job = await site().job({ argv: UNTIL_TOLD });
  await job.isAtGateway("queued");
  return job;
}

/** `next` is followed to the end, as the drill's loop does. */
async function exported(): Promise<unknown[]> {
  const pages: unknown[] = [];
  for (let place: string | null = ""; place !== null; ) {
    const { status, body } = await site().admin.get(`/admin/export${place && `?next=${encodeURIComponent(place)}`}`);
    expect(status).toBe(200);
    pages.push(body);
    place = pageSchema.parse(body).next;
  }
  return pages;
}

async function endsWell(job: SiteJob): Promise<void> {
  await job.begins();
  job.end();
  await job.reaches("SUCCESS");
  expect([job.id, job.starts(), job.states()]).toEqual([job.id, 1, ["RUNNING", "SUCCESS"]]);
  await hasNoContainer(site().podman, job.id);
}

test("an empty gateway takes over from a copy: what runs goes on, what waits starts after resume, each once", {
  timeout: LONG_MS,
}, async () => {
  const node = await aNode("node-1");
  const begun = [await running(site()), await running(site())];
  const queued = await waiting();
  const pages = await exported();
  // A runner that is away does not wait out the pauses between its calls.
  await Promise.all([node.kill(), site().gateway.kill()]);
  await site().gateway.loseAll();
  await site().gateway.start();

  for (const page of pages) {
    expect((await site().admin.post("/admin/import", page)).status).toBe(200);
  }
  await node.start();
  for (const job of begun) {
    await job.isAtGateway("running");
    await endsWell(job);
  }
  expect(await queued.stateAtGateway()).toBe("queued");
  expect((await site().admin.post(`${queueOf}/resume`, {})).status).toBe(200);
  await endsWell(queued);
});

test("a gateway that was put back starts no second copy, ends nothing and tells no end twice", {
  timeout: LONG_MS,
}, async () => {
  const node = await aNode("node-2");
  const spare = await site().runner("node-3", ROOM);
  runners.push(spare);
  const endSince = [await running(site()), await running(site())];
  const [startsSince, startsAndEndsSince] = [await waiting(), await waiting()];
  await Promise.all([node.kill(), site().gateway.kill()]);
  const copy = await site().gateway.copyState();
  await site().gateway.start();
  await node.start();

  for (const job of endSince) {
    await endsWell(job);
  }
  await Promise.all([startsSince.reaches("RUNNING"), endsWell(startsAndEndsSince)]);
  const comesSince = await running(site());
  await Promise.all([site().gateway.kill(), node.kill()]);
  await site().gateway.putBack(copy);
  await sayAsideThatItIsRestored();
  await site().gateway.start();
  await spare.start();
  await eventually("every job was compared", async () => (await isCompared()) || null);
  expect((await site().admin.post(`${queueOf}/resume`, {})).status).toBe(200);
  // It has room for whatever would be offered now.
  const filler = await running(site());
  await node.start();

  await endsWell(filler);
  await comesSince.isAtGateway("running");
  for (const job of [startsSince, comesSince]) {
    await endsWell(job);
  }
  for (const job of [...endSince, startsAndEndsSince]) {
    expect([job.id, job.starts(), job.states()]).toEqual([job.id, 1, ["RUNNING", "SUCCESS"]]);
  }
});

/** No runner and no UCloud can be faster than the word, because none of them finds the gateway. */
async function sayAsideThatItIsRestored(): Promise<void> {
  const aside = new AdminClient(await site().gateway.startAside(), ADMIN_TOKEN);
  expect((await aside.post(`${queueOf}/restored`, { reason: "put back to last night" })).status).toBe(200);
  await site().gateway.kill();
}

async function isCompared(): Promise<boolean> {
  const { body } = await site().admin.get("/admin/queues");
  const [queue] = z.object({ items: z.array(z.object({ restoredSince: z.number().nullable() })) }).parse(body).items;
  return queue?.restoredSince === null;
}
