/** What the doctor makes of what a container, Podman and the disk have shown. */
import { describe, expect, test } from "vitest";
import { pathsIn } from "../../../../runner/doctor/bench-image.ts";
import { judge as judgeDisk } from "../../../../runner/doctor/disk.ts";
import { judge as judgeGpu } from "../../../../runner/doctor/gpus.ts";
import { isLeftOver } from "../../../../runner/doctor/leftovers.ts";
import { missingLimits } from "../../../../runner/doctor/limits.ts";
import { isNewEnough, judgeStorage } from "../../../../runner/doctor/podman.ts";
import { judge as judgeMapping } from "../../../../runner/doctor/user-mapping.ts";

describe("limits", () => {
  const held = { memory: 137, processes: 2, quota: "10000" };
  test.each([
    ["all are held", {}, []],
    ["a quota that cannot be seen is no fault", { quota: null }, []],
    ["cgroup v2 without a quota", { quota: "max" }, ["cores"]],
    ["cgroup v1 without a quota", { quota: "-1" }, ["cores"]],
    ["who took twice the memory lives", { memory: 0 }, ["memory"]],
    ["every process was made", { processes: 0 }, ["processes"]],
    ["it said nothing", { memory: null, processes: null }, ["memory", "processes"]],
  ])("%s", (_, seen, missing) => {
    expect(missingLimits({ ...held, ...seen })).toEqual(missing);
  });
});

describe("the job's user", () => {
  const user = { uid: 11_042, gid: 11_042 };
  const seen = { uid: 11_042, gid: 11_042, owner: user };
  test.each([
    ["rootful, it is the same on both sides", { isRootless: false }, seen, true],
    ["rootful, another outside is wrong", { isRootless: false }, { ...seen, owner: { uid: 1, gid: 1 } }, false],
    [
      "rootless, it is a subordinate one outside",
      { isRootless: true },
      { ...seen, owner: { uid: 111_041, gid: 111_041 } },
      true,
    ],
    ["root outside is wrong everywhere", { isRootless: true }, { ...seen, owner: { uid: 0, gid: 0 } }, false],
    ["another inside is wrong", { isRootless: false }, { ...seen, uid: 0 }, false],
    ["who cannot write is wrong", { isRootless: false }, { uid: null, gid: null, owner: null }, false],
  ])("%s", (_, how, given, ok) => {
    const found = judgeMapping(given, { user, ...how });
    expect(found.ok).toBe(ok);
    expect(found.advice === "").toBe(ok);
  });
});

describe("the disk", () => {
  const GIB = 2 ** 30;
  const space = (free: number, inodes: [number, number]) => ({ free, inodes: { all: inodes[0], free: inodes[1] } });
  test.each([
    ["room for all", space(10 * GIB, [10_000_000, 5_000_000]), true, "10.0 GiB, 50 % of the inodes, free in /x", false],
    ["too little of it", space(GIB, [10_000_000, 5_000_000]), false, "1.0 GiB", true],
    ["few inodes are a note", space(10 * GIB, [10_000_000, 99_999]), true, "0 % of the inodes", true],
    ["no inode is a failure", space(10 * GIB, [10_000_000, 0]), false, "0 % of the inodes", true],
    ["a file system that counts none", space(10 * GIB, [0, 0]), true, "10.0 GiB free in /x", false],
  ])("%s", (_, given, ok, found, hasAdvice) => {
    const judged = judgeDisk(given, "in /x", 5 * GIB);
    expect(judged).toMatchObject({ ok, found: expect.stringContaining(found) });
    expect(judged.advice !== "").toBe(hasAdvice);
  });
});

test.each([
  ["4.3.1", true],
  ["4.10.0", true],
  ["5.0.0-rc1", true],
  ["4.2.9", false],
  ["3.4.4", false],
  ["", false],
])("Podman %j is new enough: %s", (version, isEnough) => {
  expect(isNewEnough(version)).toBe(isEnough);
});

test("storage that copies whole images is a note", () => {
  const graphRoot = "/var/lib/containers/storage";
  expect(judgeStorage({ graphDriverName: "overlay", graphRoot })).toMatchObject({ ok: true, advice: "" });
  expect(judgeStorage({ graphDriverName: "vfs", graphRoot })).toMatchObject({
    ...{ ok: true, advice: expect.stringContaining("overlay") },
  });
});

test.each([
  [
    "what it brings is named",
    ["/dev/nvidia0", "/dev/nvidiactl"],
    { ok: true, found: "g: /dev/nvidia0, /dev/nvidiactl" },
  ],
  [
    "what cannot be opened is a failure",
    ["/dev/a", "-/dev/b"],
    { ok: false, found: expect.stringContaining("/dev/b") },
  ],
  ["one without a device is a note", [], { ok: true, advice: expect.stringContaining("names no device") }],
])("a GPU: %s", (_, devices, found) => {
  expect(judgeGpu("g", devices)).toMatchObject(found);
});

test("libraries are read as the loader tells them", () => {
  const text = [
    "\tlinux-vdso.so.1 (0x00007f895c4fb000)",
    "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f895c2e6000)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f895c4fd000)",
    "\tlibgone.so => not found",
  ].join("\n");
  expect(pathsIn(text)).toEqual(["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]);
});

describe("what a killed doctor has left", () => {
  const hex = "0123456789abcdef";
  // The first is beyond the kernel's largest number.
  test.each([
    [`ucloud-doctor-4194305-${hex}`, true],
    ["localhost/ucloud-doctor:4194305", true],
    [`ucloud-doctor-${process.pid}-${hex}`, false],
    [`localhost/ucloud-doctor:${process.pid}`, false],
    ["ucloud-doctor", false],
    ["example.org/ucloud-doctor:4194305", false],
    [`ucloud-1001-${hex}-1-0`, false],
  ])("%s: %s", (name, isLeft) => {
    expect(isLeftOver(name)).toBe(isLeft);
  });
});
