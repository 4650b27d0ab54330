/** `kill -9` of the runner between a job's end and the word about it, while it saves what the program wrote. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { script } from "../../support/site-job.ts";

const BYTES = 100_000_000;

const site = sharedSite();

/** On a busy machine an offer may lapse before it is answered: the attempt has any number. */
function isSaving(folder: string): boolean {
  const own = readdirSync(folder).filter((name) => name.startsWith("attempt-"));
  return own.some((name) => existsSync(join(folder, name, "stdout.part")));
}

test("the next process saves it whole, once, and then tells the end", async () => {
  const runner = await site().runner("node-1");
  await runner.start();
  const job = await site().job({ argv: script(`head -c ${BYTES} /dev/zero | tr '\\0' x`) });
  await job.begins();
  const [work = ""] = job.workFolders();
  await eventually("it begins to save", () => (isSaving(dirname(work)) ? true : null));
  runner.child.freeze();
  expect(readdirSync(work)).toEqual(["starts"]);
  expect(job.states()).toEqual(["RUNNING"]);
  await runner.kill();
  await runner.start();
  await job.reaches("SUCCESS");
  expect(readdirSync(work).sort()).toEqual(["starts", "stdout.txt"]);
  expect(statSync(join(work, "stdout.txt")).size).toBe(BYTES);
  expect(job.starts()).toBe(1);
});
