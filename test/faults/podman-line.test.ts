/** The line between runner and Podman's service: cut at any byte, dead without a word, shut. */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { endsOnce } from "../support/faults/ends-once.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import type { Way } from "../support/faults/passage.ts";

const scene = faultSite();

test.each([
  ["up", [0, 20, 60, 100]],
  ["down", [0, 1, 17, 100]],
  ["down", [200, 300, 400, 1_000]],
] as [Way, number[]][])("calls that break after so many bytes %s: %j", async (way, offsets) => {
  const { job, lines, site } = scene();
  // The first calls from now on are about the job: the runner has listed its containers.
  await eventually("the runner takes jobs", async () => (await site.admin.areAllOpen()) || null);
  lines.podman.cutNext(...offsets.map((bytes) => ({ way, bytes })));
  await endsOnce(await job());
});

test.each([1, 2, 3])("calls that are slow and broken at random (seed %i)", async (seed) => {
  const { job, lines, site } = scene();
  await eventually("the runner takes jobs", async () => (await site.admin.areAllOpen()) || null);
  const { dialled } = lines.podman;
  lines.podman.misbehave(seed);
  const one = await job();
  await eventually("some calls were made", () => lines.podman.dialled > dialled + 5 || null);
  lines.podman.heal();
  await endsOnce(one);
});

test("a running job does not mind a Podman that is shut away, and its end is told when it is back", async () => {
  const { job, lines, site } = scene();
  const one = await job();
  await one.reaches("RUNNING");
  lines.podman.refuse();
  await eventually("the runner takes nothing", async () => ((await site.admin.areAllOpen()) ? null : true));
  one.end();
  lines.podman.heal();
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});

test("an answer about a start that never comes is looked for, and start is not called again", async () => {
  const { gate, newJob, runner, site } = scene();
  const one = newJob();
  const held = gate.hold(new RegExp(`POST .*/containers/ucloud-${one.id}-[^/]*/start`), "answer");
  await site.post(one);
  await held.reached;
  await one.begins();
  // A second start would find it ended, and run it again.
  one.end();
  await runner.child.line((line) => line.includes('"msg":"attempt.start_failed"') && line.includes(one.id));
  await one.reaches("SUCCESS");
  held.open();
  expect([one.states(), one.starts()]).toEqual([["RUNNING", "SUCCESS"], 1]);
});
