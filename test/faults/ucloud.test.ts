/** UCloud away, in trouble, slow or cut off in the middle of a word, and what it says or hears twice. */
import { describe, expect, test } from "vitest";
import { bulkOf } from "../support/batch-job.ts";
import { eventually } from "../support/eventually.ts";
import { endsOnce } from "../support/faults/ends-once.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import type { Way } from "../support/faults/passage.ts";
import { hasNoContainer } from "../support/podman-containers.ts";

const scene = faultSite();

describe("what the gateway tells UCloud", () => {
  test.each([500, 502, 503, 429, 403])("is answered %i some times", async (status) => {
    const { job, site } = scene();
    const struck = site.ucloud.faults.set({ is: "status", status }, 2);
    const one = await job();
    await Promise.all([one.begins(), struck]);
    await endsOnce(one);
  });

  test("is answered 404 although UCloud knows the job: a word may be dropped, the end is not", async () => {
    const { job, site } = scene();
    const struck = site.ucloud.faults.set({ is: "status", status: 404 }, 2);
    const one = await job();
    await Promise.all([one.begins(), struck]);
    one.end();
    await one.reaches("SUCCESS");
    expect(one.states().at(-1)).toBe("SUCCESS");
  });

  test("finds nobody for the whole life of a job", async () => {
    const { job, lines } = scene();
    lines.ucloud.refuse();
    const one = await job();
    await one.begins();
    one.end();
    await one.isAtGateway("SUCCESS");
    expect(one.states()).toEqual([]);
    lines.ucloud.heal();
    await one.reaches("SUCCESS");
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  });

  test("is heard, and the answer takes longer than the gateway waits", async () => {
    const { job, lines, site } = scene();
    const one = await job();
    await one.reaches("RUNNING");
    await eventually("the gateway knows it", async () => (await site.admin.isAllTold()) || null);
    lines.ucloud.set("held", "down");
    one.end();
    await one.reaches("SUCCESS");
    // The gateway has given this answer up when it dials again.
    const { dialled } = lines.ucloud;
    await eventually("it asks again", () => lines.ucloud.dialled > dialled || null);
    lines.ucloud.set("open", "down");
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  });

  test.each([
    ["up", [0, 1, 400]],
    ["up", [700, 900, 1_200]],
    ["down", [0, 1, 40]],
    ["down", [100, 150, 250]],
  ] as [Way, number[]][])("breaks after so many bytes %s: %j", async (way, offsets) => {
    const { job, lines } = scene();
    lines.ucloud.cut();
    lines.ucloud.cutNext(...offsets.map((bytes) => ({ way, bytes })));
    await endsOnce(await job());
  });

  test.each([1, 2, 3])("is slow and broken at random (seed %i)", async (seed) => {
    const { job, lines } = scene();
    lines.ucloud.cut();
    lines.ucloud.misbehave(seed);
    const one = await job();
    await one.begins();
    lines.ucloud.cut();
    one.end();
    await one.isAtGateway("SUCCESS");
  });

  test("is said once more from the beginning when all is over", async () => {
    const { job, lines } = scene();
    lines.ucloud.keeps = true;
    lines.ucloud.cut();
    const one = await job();
    await endsOnce(one);
    lines.ucloud.keeps = false;
    await lines.ucloud.sayAgain();
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  });
});

describe("what UCloud says to the gateway", () => {
  test("a create that comes once more from the wire starts nothing twice", async () => {
    const { job, lines } = scene();
    lines.calls.keeps = true;
    lines.calls.cut();
    const one = await job();
    await one.begins();
    lines.calls.keeps = false;
    await lines.calls.sayAgain();
    await endsOnce(one);
  });

  // Until the whole request is there nothing is stored; after it the job is, and UCloud does not want it.
  test.each([
    ["up", 0],
    ["up", 500],
    ["up", 3_000],
    ["down", 0],
    ["down", 40],
  ] as [Way, number][])("a create that breaks after so many bytes %s: %i leaves nothing", async (way, bytes) => {
    const { lines, site } = scene();
    const one = site.newJob();
    lines.calls.cut();
    lines.calls.cutNext({ way, bytes });
    const { status } = await site.ucloud.create(bulkOf(one.request));
    expect(status).not.toBe(200);
    await eventually(
      "the gateway has no open job of that id",
      async () => ["unknown", "FAILURE", "SUCCESS"].includes(await one.stateAtGateway()) || null,
    );
    await hasNoContainer(site.podman, one.id);
    expect(one.starts()).toBeLessThanOrEqual(1);
  });
});
