/** The line between runner and gateway: cut at any byte, dead without a word, slow, recorded and said again. */
import { expect, test } from "vitest";
import { faultSite } from "../support/faults/fault-site.ts";

const scene = faultSite();

test("a line that breaks in the middle of a job changes nothing", async () => {
  const { job, lines, runner } = scene();
  const one = await job();
  await one.reaches("RUNNING");
  const from = runner.lines.length;
  lines.gateway.cut();
  await runner.welcome(from);
  one.end();
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});
