/** A rootless runner deletes what its jobs made: files of ids that are its own only in Podman's user namespace. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROJECT = new URL("../../..", import.meta.url).pathname;
const USER = 4711;
const FIRST_ID = 2_000_000;
/** UCloud's user of jobs, outside. */
const JOB_USER = FIRST_ID + 11_042;

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-rootless-"));
  chmodSync(base, 0o755);
});
afterEach(() => {
  // Podman leaves a process behind that holds the namespace.
  process.kill(Number(readFileSync(join(base, "run", "libpod", "tmp", "pause.pid"), "utf8")));
  rmSync(base, { recursive: true, force: true });
});

function owned(path: string, id: number): string {
  mkdirSync(path);
  chownSync(path, id, id);
  return path;
}

/** By a user with subordinate ids, in a mount namespace in which the machine knows it. */
async function asUser(code: string): Promise<void> {
  const known = { passwd: `user:x:${USER}:${USER}::${base}/home:/bin/sh\n`, group: `user:x:${USER}:\n` };
  for (const [name, line] of Object.entries(known)) {
    writeFileSync(join(base, name), readFileSync(`/etc/${name}`, "utf8") + line);
  }
  writeFileSync(join(base, "ids"), `user:${FIRST_ID}:65536\n`);
  const files = { passwd: "passwd", group: "group", subuid: "ids", subgid: "ids" };
  const mounts = Object.entries(files).map(([name, file]) => `mount --bind ${base}/${file} /etc/${name}`);
  const drop = `exec setpriv --reuid ${USER} --regid ${USER} --clear-groups "$@"`;
  // The checkout may lie where only root gets, such as /root.
  const node = join(base, "node");
  copyFileSync(process.execPath, node);
  copyFileSync(join(PROJECT, "runner/removal.ts"), join(base, "removal.ts"));
  const env = { PATH: process.env.PATH ?? "", HOME: join(base, "home"), XDG_RUNTIME_DIR: join(base, "run") };
  const script = [...mounts, drop].join(" && ");
  const command = ["--mount", "sh", "-c", script, "sh", node, "--input-type=module", "-e", code];
  await promisify(execFile)("unshare", command, { env, cwd: base });
}

test("with whatever the job's user has closed to all others", async () => {
  owned(join(base, "home"), USER);
  chmodSync(owned(join(base, "run"), USER), 0o700);
  const job = owned(join(owned(join(base, "jobs"), USER), "job"), USER);
  const deep = owned(join(owned(join(job, "work"), USER), "deep"), JOB_USER);
  writeFileSync(join(deep, "result"), "");
  chownSync(join(deep, "result"), JOB_USER, JOB_USER);
  chmodSync(deep, 0o700);
  const remove = `const { createRemoval } = await import(${JSON.stringify(join(base, "removal.ts"))});
    await createRemoval(false)(${JSON.stringify(job)});`;
  await asUser(remove);
  expect(existsSync(job)).toBe(false);
  expect(existsSync(join(base, "jobs"))).toBe(true);
});
