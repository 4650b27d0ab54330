/** Programs that write without measure: a flood, one endless line, bytes that are no text. */
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { faultSite } from "../support/faults/fault-site.ts";
import { script } from "../support/site-job.ts";

const MEBIBYTE = 2 ** 20;
const CAP = 8 * MEBIBYTE;

const scene = faultSite({ flags: ["--log-cap", String(CAP)] });

/** On the disk of the node. */
function logBytes(workFolder: string): number {
  const folder = dirname(workFolder);
  const logs = readdirSync(folder).filter((name) => name.startsWith("output-"));
  return logs.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

test("bytes that are no text, and no newline among the last of them", async () => {
  const one = await scene().job({
    argv: script("head -c 3000000 /dev/urandom > /work/printed; printf end >> /work/printed; cat /work/printed"),
  });
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
});

test.each([
  ["a flood of lines", "yes flood | head -c 60000000"],
  ["one line of 40 MB", "head -c 40000000 /dev/zero | tr '\\\\0' x"],
  ["empty lines", "yes '' | head -c 3000000"],
])("%s beyond the cap: the program goes on, the log is bounded", async (_what, text) => {
  const one = await scene().job({ argv: script(text) });
  await one.reaches("SUCCESS");
  expect(one.states()).toEqual(["RUNNING", "SUCCESS"]);
  const [work = ""] = one.workFolders();
  // What is being written and what was written before it.
  expect(logBytes(work)).toBeLessThanOrEqual(2 * CAP + MEBIBYTE);
});
