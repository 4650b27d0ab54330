/** Where a job's files lie in a drive of UCloud's, its user finds them there; elsewhere the last line says where they are. */
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sharedSite } from "../../support/shared-site.ts";
import { script } from "../../support/site-job.ts";

const site = sharedSite();

test("UCloud is told the folder with RUNNING, and the job's result lies there", async () => {
  const drive = join(site().folder, "drive");
  mkdirSync(join(drive, "Jobs"), { recursive: true });
  // The job's user must be able to reach what is his.
  chmodSync(site().folder, 0o755);
  const drives = JSON.stringify({ "7": { folder: drive } });
  const runner = await site().runner("node-1", { flags: ["--drives", drives, "--jobs-dir", join(drive, "Jobs")] });
  await runner.start();

  const job = await site().job({ argv: script("echo 42 > /work/answer.txt") });
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  const outputFolder = site().ucloud.book.jobs.get(job.id)?.outputFolder ?? "";
  expect(outputFolder).toMatch(new RegExp(`^/7/Jobs/${job.id}-[0-9a-f]{16}/work$`));
  const folder = join(drive, outputFolder.slice("/7".length));
  expect(readFileSync(join(folder, "answer.txt"), "utf8")).toBe("42\n");
  expect(readFileSync(join(folder, "starts"), "utf8")).toBe("started\n");
});
