/** On a full disk a job's time still ends, because the journal has kept room for the words about it. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newAttempt } from "../../../runner/attempt/record.ts";
import { openJournal } from "../../../runner/journal.ts";
import { aPlan } from "../../support/engine.ts";

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
