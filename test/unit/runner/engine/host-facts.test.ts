/** What is read from the machine's own files: limits, subordinate ids, sockets, the kernel's log. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  parseLimits,
  parseRaisesLimits,
  readHostLimits,
  rootCanBeGranted,
} from "../../../../runner/engine/host-limits.ts";
import { findOom, tellsOfOom } from "../../../../runner/engine/oom-proof.ts";
import { listenerInode } from "../../../../runner/engine/service-proof.ts";

test("hard limits are read, and unlimited is infinite", () => {
  const text = [
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max processes             96365                unlimited            processes ",
    "Max open files            1024                 20000                files     ",
    "Max locked memory         8388608              8388608              bytes     ",
  ].join("\n");
  expect(parseLimits(text)).toEqual({ nofile: 20_000, nproc: Number.POSITIVE_INFINITY, memlockBytes: 8_388_608 });
});

test.each([
  ["000001ffffffffff", true],
  ["0000000001000000", true],
  ["000001fffeffffff", false],
  ["0000000000000000", false],
])("a process with the capabilities %s raises its limits: %s", (mask, expected) => {
  expect(parseRaisesLimits(`CapPrm:\t000001ffffffffff\nCapEff:\t${mask}\nCapBnd:\t000001ffffffffff\n`)).toBe(expected);
});

test("without a service to look at the runner's own limits stand, but Podman's for the number of processes", async () => {
  const { nproc, ...own } = await readHostLimits(String(process.pid));
  const pidMax = Number(await readFile("/proc/sys/kernel/pid_max", "utf8"));
  expect(await readHostLimits(null)).toEqual({ ...own, nproc: Math.min(nproc, pidMax) });
  expect((await readHostLimits("0")).nproc).toBeLessThanOrEqual(pidMax);
});

const ids = "alice:100000:65536\ncontainers:2000000:1048576\n";

test.each([
  [true, "", "", true],
  [false, "", "", false],
  [false, ids, ids, true],
  [false, ids, "", false],
  [false, "containers:1:100\n", ids, false],
  [false, "mycontainers:1:65536\n", ids, false],
])("rootless %s with subordinate ids %j and %j: root can be granted %s", (rootless, subuid, subgid, granted) => {
  expect(rootCanBeGranted({ rootless, subuid, subgid })).toBe(granted);
});

test("only the socket that listens at the path counts", () => {
  const table = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000000000000001: 00000003 00000000 00000000 0001 03 11111 /run/p.sock",
    "0000000000000002: 00000002 00000000 00010000 0001 01 22222 /run/p.sock.old",
    "0000000000000003: 00000002 00000000 00010000 0001 01 33333 /run/p.sock",
  ].join("\n");
  expect(listenerInode(table, "/run/p.sock")).toBe("33333");
  expect(listenerInode(table, "/run/q.sock")).toBeNull();
});

const ID = "b574766f6415bf8e17b82c66d03b6592bcaf55ed8ada0fdab636fb956fad7abc";

test("the kernel's log tells which container ran out of memory", () => {
  const record =
    `6,1,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=libpod-${ID},mems_allowed=0,` +
    `oom_memcg=/libpod_parent/libpod-${ID},task_memcg=/libpod_parent/libpod-${ID},task=tail,pid=8780,uid=11042\n`;
  expect(tellsOfOom(record, ID)).toBe(true);
  expect(tellsOfOom(record, ID.replace("b", "c"))).toBe(false);
  // The machine's memory, not the container's, was used up: another cgroup, or none.
  expect(tellsOfOom(record.replace(`oom_memcg=/libpod_parent/libpod-${ID}`, "global_oom"), ID)).toBe(false);
});

test("a kernel's log that cannot be read tells nothing", async () => {
  expect(await findOom(ID, "/proc/none")).toBe(false);
});
