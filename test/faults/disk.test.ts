/** The runner's disk: full, without inodes, and a journal of which a part is gone. */
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { endsOnce } from "../support/faults/ends-once.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import { fillDisk } from "../support/faults/full-disk.ts";
import { type SiteJob, UNTIL_TOLD } from "../support/site-job.ts";

/** A file system of its own for state folder and jobs. */
const scene = faultSite({ disk: "size=32m,nr_inodes=1000" });

async function running(): Promise<SiteJob> {
  // It writes nothing after its beginning: what it printed could not be kept.
  const one = await scene().job({ argv: UNTIL_TOLD });
  await Promise.all([one.reaches("RUNNING"), one.begins()]);
  return one;
}

/** Returns what takes them away again. */
function takeInodes(): () => void {
  const taken: string[] = [];
  for (;;) {
    const path = join(scene().runner.stateDir, `inode-${taken.length}`);
    try {
      writeFileSync(path, "");
      taken.push(path);
    } catch {
      return () => {
        for (const one of taken) {
          rmSync(one);
        }
      };
    }
  }
}

test("a disk that fills up under a running job: its end is written down and told", async () => {
  const one = await running();
  const free = fillDisk(scene().runner.stateDir);
  await endsOnce(one);
  free();
});

test("a runner that is killed on a full disk comes back with its job, while it is full", async () => {
  const { runner } = scene();
  const one = await running();
  const free = fillDisk(scene().runner.stateDir);
  await runner.kill();
  await runner.start();
  free();
  await endsOnce(one);
  expect(readdirSync(runner.stateDir).filter((name) => name.startsWith("journal-lost"))).toEqual([]);
});

test("without inodes no job begins and none is lost: it begins when there are some", async () => {
  const { job, site } = scene();
  const free = takeInodes();
  const one = await job({ argv: UNTIL_TOLD });
  await eventually("its start has failed", async () => {
    const { body } = await site.admin.get(`/admin/jobs/${one.id}`);
    return JSON.stringify(body).includes("too little free disk space") || null;
  });
  free();
  await one.begins();
  await endsOnce(one);
});

const DAMAGE: [string, (path: string) => void][] = [
  ["is empty", (path) => truncateSync(path, 0)],
  ["ends in its first page", (path) => truncateSync(path, 1_000)],
  ["lacks its second half", (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ["lacks its last bytes", (path) => truncateSync(path, statSync(path).size - 100)],
  ["is not a database", (path) => writeFileSync(path, "nothing of the kind")],
  ["has a page of noise", (path) => writeFileSync(path, noised(readFileSync(path)))],
];

function noised(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(4096, 0xa5), bytes.subarray(8192)]);
}

test.each(DAMAGE)("a journal that %s", async (_what, damage) => {
  const { runner } = scene();
  const one = await running();
  await runner.kill();
  for (const suffix of ["-wal", "-shm"]) {
    rmSync(join(runner.stateDir, `journal.sqlite${suffix}`), { force: true });
  }
  damage(join(runner.stateDir, "journal.sqlite"));
  await runner.start();
  await endsOnce(one);
});
