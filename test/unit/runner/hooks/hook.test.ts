/** One run of an operator's program, for real. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runHook } from "../../../../runner/hooks/hook.ts";
import { REAL_TIMERS } from "../../../../runner/timers.ts";
import { eventually } from "../../../support/eventually.ts";

const folder = mkdtempSync(join(tmpdir(), "ucloud-hook-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function aProgram(lines: string): string {
  const path = join(folder, "hook");
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

function run(lines: string, given: { deadlineMs?: number; signal?: AbortSignal } = {}) {
  const environment = { UCLOUD_HOOK: "prolog", UCLOUD_JOB: "1001" };
  return runHook({ path: aProgram(lines), environment, deadlineMs: 30_000, timers: REAL_TIMERS, ...given });
}

test("it is told what it is about, and has nothing of the runner's environment or arguments", async () => {
  process.env.UCLOUD_RUNNER_SECRET_OF_THE_TEST = "x";
  const end = await run(
    `env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort > ${folder}/seen; echo "$#" >> ${folder}/seen`,
  );
  delete process.env.UCLOUD_RUNNER_SECRET_OF_THE_TEST;
  expect(end).toMatchObject({ ok: true });
  expect(readFileSync(join(folder, "seen"), "utf8").split("\n")).toEqual([
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "UCLOUD_HOOK=prolog",
    "UCLOUD_JOB=1001",
    "0",
    "",
  ]);
});

test.each([
  ["echo; echo 'GPU 0: fell off the bus' >&2; echo more; exit 3", "GPU 0: fell off the bus"],
  ["exit 3", "exit code 3"],
  ["kill -9 $$", "it was ended by SIGKILL"],
  [`printf 'a\\033[31mb'; exit 1`, "a [31mb"],
  ["head -c 10000000 /dev/zero | tr '\\0' x; exit 1", "x".repeat(200)],
])("%s: %s", async (lines, why) => {
  expect(await run(lines)).toEqual({ ok: false, why });
});

test("what takes too long is ended, with all that it has started", async () => {
  const end = await run(`sleep 1000 & echo $! > ${folder}/child; wait`, { deadlineMs: 300 });
  expect(end).toEqual({ ok: false, why: "it took longer than 0.3 s" });
  const pid = Number(readFileSync(join(folder, "child"), "utf8"));
  await eventually("the child is gone", () => !isAlive(pid));
});

test("who no longer needs it ends it", async () => {
  const stop = new AbortController();
  const running = run("exec sleep 1000", { signal: stop.signal });
  stop.abort();
  expect(await running).toMatchObject({ ok: false });
});

test("what cannot be started is a failure, not a crash", async () => {
  const given = { environment: {}, deadlineMs: 1000, timers: REAL_TIMERS };
  expect(await runHook({ path: join(folder, "none"), ...given })).toEqual({ ok: false, why: "it cannot be started" });
});

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
