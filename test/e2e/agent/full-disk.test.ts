/** On a full disk a job's time still ends, because the journal has kept room for the words about it, and so does a job. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newAttempt } from "../../../runner/attempt/record.ts";
import { openJournal } from "../../../runner/journal.ts";
import { folderName, refName } from "../../../shared/ids.ts";
import { aPlan } from "../../support/engine.ts";
import { aNode, aRef } from "../../support/node-under-test.ts";

const run = promisify(execFile);
let disk: string;

beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), "ucloud-full-disk-"));
  await run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
});

afterEach(async () => {
  await run("umount", [disk]);
  await rm(disk, { recursive: true });
});

async function fillDisk(): Promise<void> {
  const file = createWriteStream(join(disk, "others"));
  file.write(Buffer.alloc(16 * 1024 * 1024));
  const [error] = await once(file, "error");
  expect(error).toMatchObject({ code: "ENOSPC" });
}

test("a journal that was opened in time takes a thousand changes on a full disk", async () => {
  const journal = openJournal(disk, 0);
  const now = { bootId: "boot-1", uptimeMs: 0, nowMs: 0 };
  const ref = { job: "1", incarnation: "00112233445566aa", attempt: 1, rank: 0 };
  const attempt = newAttempt({ ref, category: "c", plan: aPlan(), gpus: [], now });
  journal.put(attempt, aPlan());
  await fillDisk();
  for (let uptimeMs = 1; uptimeMs <= 1000; uptimeMs++) {
    journal.put({ ...attempt, go: { ...now, uptimeMs } });
  }
  expect(journal.rows()[0]?.attempt.go?.uptimeMs).toBe(1000);
  journal.close();
});

test("an end is told although the output cannot be saved, and no half of it is left", async () => {
  const node = await aNode((n) => {
    n.settings = { jobsDir: join(disk, "jobs") };
  });
  await node.runJob();
  const folder = join(disk, "jobs", folderName(aRef()));
  const line = `2026-01-01T00:00:00.000000000+00:00 stdout F ${"x".repeat(1000)}\n`;
  writeFileSync(join(folder, "output-1-0.log"), line.repeat(2000));
  await fillDisk();
  node.engine.exit(refName(aRef()), 0);
  await node.told("exited");
  expect(node.log).toContainEqual({ fields: { ref: aRef(), error: "Error:ENOSPC" }, message: "output.not_saved" });
  expect(readdirSync(join(folder, "work"))).toEqual([]);
  expect(readdirSync(join(folder, "attempt-1-0")).sort()).toEqual(["etc", "owner"]);
  await node.end();
});

test("a job whose JobParameters.json finds no room is better off on another machine", async () => {
  const node = await aNode((n) => {
    n.settings = { jobsDir: join(disk, "jobs") };
  });
  await fillDisk();
  node.offer(aRef(), aPlan({ image: "busybox", jobParameters: { siteVersion: 3 } }));
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure.code).toBe("disk_full");
  await node.end();
});
