/** The line between runner and gateway: cut at any byte, dead without a word, slow, late, recorded and said again. */
import { expect, test } from "vitest";
import { endsOnce } from "../support/faults/ends-once.ts";
import { type FaultSite, faultSite } from "../support/faults/fault-site.ts";
import type { Way } from "../support/faults/passage.ts";
import { Dice } from "../support/simulation/dice.ts";
import type { SiteJob } from "../support/site-job.ts";

const scene = faultSite();

/** Runs, and then ends by itself. */
async function running({ job }: FaultSite): Promise<SiteJob> {
  const one = await job();
  await one.reaches("RUNNING");
  return one;
}

/** What is connected goes dead, what comes after it is sound. */
function killSilently({ lines }: FaultSite, ...ways: Way[]): void {
  lines.gateway.set("dead", ...ways);
  lines.gateway.set("open", ...ways);
}

/** Upgrade, challenge, hello and welcome are within the first, an offer and its answer within the last. */
const CUTS: [Way, number[]][] = [
  ["up", [0, 1, 300]],
  ["up", [700, 1_100, 1_500]],
  ["down", [0, 1, 150]],
  ["down", [250, 400, 800]],
  ["down", [1_000, 1_700, 2_400]],
];

test.each(CUTS)("a line that breaks after so many bytes %s: %j", async (way, offsets) => {
  const { job, lines } = scene();
  lines.gateway.cutNext(...offsets.map((bytes) => ({ way, bytes })));
  lines.gateway.cut();
  await endsOnce(await job());
});

test.each([1, 2, 3, 4])("a line that is cut and slow at random (seed %i)", async (seed) => {
  const { job, lines } = scene();
  const dice = new Dice(seed);
  lines.gateway.misbehave(seed);
  lines.gateway.cut();
  const one = await job();
  await one.begins();
  lines.gateway.cutNext({ way: dice.chance(0.5) ? "up" : "down", bytes: dice.below(3_000) });
  lines.gateway.cut();
  await endsOnce(one);
});

test.each([[["up", "down"]], [["up"]], [["down"]]] as Way[][][])("a line that goes dead %j in a job", async (ways) => {
  const { runner } = scene();
  const one = await running(scene());
  const from = runner.lines.length;
  killSilently(scene(), ...ways);
  const sinceMs = performance.now();
  await runner.welcome(from);
  // An unanswered ping, its deadline, and the window of a reconnect.
  expect(performance.now() - sinceMs).toBeLessThan(5_000);
  await endsOnce(one);
});

test("a partition longer than the lease: the job goes on, its user is told, and its end comes later", async () => {
  const { lines, runner } = scene();
  const one = await running(scene());
  lines.gateway.refuse();
  const answers = (text: string) => () => one.lastText()?.includes(text) || null;
  await scene().site.ucloud.book.until(answers("does not answer"), "the word of the silence");
  one.end();
  await runner.child.line((line) => line.includes('"msg":"attempt.ended"') && line.includes(one.id));
  expect(one.states()).toEqual(["RUNNING"]);
  lines.gateway.heal();
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});

test("an acceptance that comes after its offer has lapsed is none", async () => {
  const { job, lines, site } = scene();
  lines.gateway.set("held", "up");
  const one = await job();
  await one.isAtGateway("offered");
  // Pings do not come through either, so the line is given up; what was held is said into a line that nobody minds.
  await one.isAtGateway("queued");
  lines.gateway.set("open");
  await endsOnce(one);
  expect((await site.admin.get(`/admin/jobs/${one.id}`)).body).toMatchObject({ attempt: expect.any(Number) });
});

test("a slow line is a line", async () => {
  const { job, lines } = scene();
  lines.gateway.delayMs = 100;
  lines.gateway.cut();
  await endsOnce(await job());
});

test("a session that was recorded and is said again opens nothing and disturbs nobody", async () => {
  const { lines, runner } = scene();
  lines.gateway.keeps = true;
  const from = runner.lines.length;
  lines.gateway.cut();
  await runner.welcome(from);
  const one = await running(scene());
  const welcomed = runner.lines.length;
  await lines.gateway.sayAgain();
  lines.gateway.keeps = false;
  await endsOnce(one);
  expect(runner.lines.slice(welcomed).filter((line) => line.includes("welcome"))).toEqual([]);
});
