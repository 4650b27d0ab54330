/** What a program is told about its files on a whole site, and drives that are refused at the create. */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bulkOf, type JobFile } from "../../support/batch-job.ts";
import { JOB_USER } from "../../support/engine.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { type SiteJob, script } from "../../support/site-job.ts";

const site = sharedSite();
let drive: string;

beforeAll(async () => {
  drive = join(site().folder, "drive");
  for (const folder of [drive, join(drive, "in"), join(drive, "out")]) {
    mkdirSync(folder);
    chownSync(folder, JOB_USER.uid, JOB_USER.gid);
  }
  writeFileSync(join(drive, "in", "words.txt"), "Hello, World!");
  const drives = { 12: { folder: drive }, 13: { folder: join(site().folder, "other"), workspaces: ["project:x"] } };
  mkdirSync(join(site().folder, "other"));
  await (await site().runner("node-1", { flags: ["--drives", JSON.stringify(drives)] })).start();
});

/** `$1`, `$2`, … are where the file parameters are. */
const withFiles = (text: string, parameters: Record<string, JobFile>, files: JobFile[] = []): Promise<SiteJob> =>
  site().job({ argv: [...script(text), "job"], fileParameters: parameters, files });

test("a program finds a file by its argument and leaves its result in a folder that was added", async () => {
  const job = await withFiles(
    'tr a-z A-Z < "$1" > /work/out/result.txt; echo "$1" > /work/out/place.txt; ! touch "$1"',
    { input: { path: "/12/in/words.txt", readOnly: true } },
    [{ path: "/12/out" }],
  );

  await job.reaches("SUCCESS");

  expect(readFileSync(join(drive, "out", "result.txt"), "utf8")).toBe("HELLO, WORLD!");
  expect(readFileSync(join(drive, "out", "place.txt"), "utf8").trim()).toBe("/work/words.txt");
});

test("files of one name have places of their own, and a place can be chosen", async () => {
  mkdirSync(join(drive, "in", "deep"));
  writeFileSync(join(drive, "in", "deep", "words.txt"), "deep");
  const job = await withFiles(
    '[ "$(cat "$1")$(cat "$2")" = "deepHello, World!" ] && [ "$1 $2" = "/work/words.txt-0 /work/words.txt-1" ] && ls /data/in/deep',
    { first: { path: "/12/in/deep/words.txt" }, second: { path: "/12/in/words.txt" } },
    [{ path: "/12", mountPath: "/data" }],
  );

  await job.reaches("SUCCESS");
});

test.each([
  ["a drive that no machine has", "/99/a"],
  ["a drive of another workspace", "/13/a"],
])("%s is refused at the create", async (_, path) => {
  const { request, id } = site().newJob({ fileParameters: { input: { path } } });

  const { status, body } = await site().ucloud.create(bulkOf(request));

  expect(status).toBe(400);
  expect(body).toMatchObject({
    why: "items[0].specification.parameters.input.path: No machine here has this drive for jobs of this workspace.",
  });
  expect((await site().admin.get(`/admin/jobs/${id}`)).status).toBe(404);
});
