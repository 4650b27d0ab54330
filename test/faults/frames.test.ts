/** Every frame between runner and gateway comes twice, is the last that its line carries, or breaks the line. */
import { describe, expect, test } from "vitest";
import { faultSite, PRINTING } from "../support/faults/fault-site.ts";
import type { Way } from "../support/faults/passage.ts";

const scene = faultSite();

const FATES = ["twice", "cut-before", "cut-after"] as const;
/** In the order in which they are said. */
const OF_A_LINE: [Way, RegExp][] = [
  ["down", /"type":"challenge"/],
  ["up", /"type":"hello"/],
  ["down", /"type":"welcome"/],
];
const OF_A_JOB: [Way, RegExp][] = [
  ["down", /"type":"offer"/],
  ["up", /"type":"accept"/],
  ["up", /"type":"progress"/],
  ["up", /"type":"ready"/],
  ["down", /"type":"go"/],
  ["up", /"kind":"started"/],
  ["down", /"type":"ack".*"kind":"started"/],
  ["up", /"kind":"exited"/],
  ["down", /"type":"ack".*"kind":"exited"/],
];

describe.each(FATES)("%s", (fate) => {
  test.each(OF_A_LINE)("a frame %s of the kind %s", async (way, look) => {
    const { job, lines } = scene();
    const one = await job();
    await one.reaches("RUNNING");
    const { reached } = lines.frames.strike(way, look, fate);
    lines.gateway.cut();
    await reached;
    one.end();
    await one.reaches("SUCCESS");
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  });

  test.each(OF_A_JOB)("a frame %s of the kind %s", async (way, look) => {
    const { job, lines, registry } = scene();
    const { reached } = lines.frames.strike(way, look, fate);
    const one = await job({ image: `${registry.host}/new/batch:${Date.now()}` });
    await one.begins();
    one.end();
    await Promise.all([reached, one.reaches("SUCCESS")]);
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  });

  test("the order to stop", async () => {
    const { job, lines } = scene();
    const one = await job({ argv: PRINTING });
    await one.reaches("RUNNING");
    const { reached } = lines.frames.strike("down", /"type":"cancel"/, fate);
    await one.terminate();
    await Promise.all([reached, one.reaches("SUCCESS")]);
    expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
    expect(one.lastText()).toMatch(/^The job was cancelled/);
  });
});
