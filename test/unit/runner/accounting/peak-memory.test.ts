/** The most memory that a container has held, by the kernel's word and while it runs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryWatch } from "../../../../runner/accounting/memory-watch.ts";
import { peakFileOf, readPeakMemory } from "../../../../runner/accounting/peak-memory.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

const ID = "a".repeat(64);

test.each([
  ["0::/machine.slice/libpod-ID.scope\n", "/cg/machine.slice/libpod-ID.scope/memory.peak"],
  ["0::/machine.slice/libpod-ID.scope/container\n", "/cg/machine.slice/libpod-ID.scope/memory.peak"],
  ["0::/user.slice/user@1.service/libpod-ID\n", "/cg/user.slice/user@1.service/libpod-ID/memory.peak"],
  [
    "12:cpu,cpuacct:/x\n4:memory:/libpod_parent/libpod-ID\n0::/\n",
    "/cg/memory/libpod_parent/libpod-ID/memory.max_usage_in_bytes",
  ],
  ["0::/machine.slice/libpod-conmon-ID.scope\n", null],
  ["0::/system.slice/ssh.service\n", null],
  ["0::/../../libpod-short\n", null],
  ["", null],
])("%j is read at %s", (cgroup, path) => {
  const named = (text: string) => text.replaceAll("ID", ID);
  expect(peakFileOf(named(cgroup), "/cg")).toBe(path === null ? null : named(path));
});

test.each([
  ["123456\n", 123_456],
  ["max\n", null],
  ["", null],
  ["-1", null],
])("a kernel that says %j means %s", async (said, bytes) => {
  const folder = aStateFolder();
  mkdirSync(join(folder, "proc/7"), { recursive: true });
  mkdirSync(join(folder, `cg/libpod-${ID}`), { recursive: true });
  writeFileSync(join(folder, "proc/7/cgroup"), `0::/libpod-${ID}\n`);
  writeFileSync(join(folder, `cg/libpod-${ID}/memory.peak`), said);
  expect(await readPeakMemory(7, join(folder, "proc"), join(folder, "cg"))).toBe(bytes);
});

test.each([0, -1, 2 ** 30])("of process %d nothing is known", async (pid) => {
  expect(await readPeakMemory(pid)).toBeNull();
});

function watched(read: (pid: number) => number | null) {
  const clock = new ManualClock();
  const world = { running: ["one"], asked: 0, isAway: false };
  const watch = new MemoryWatch({
    timers: clock,
    running: () => world.running,
    pidOf: async () => {
      world.asked += 1;
      if (world.isAway) {
        throw new Error("away");
      }
      return 7;
    },
    read: async (pid) => read(pid),
  });
  return { clock, world, watch };
}

test("the highest that was read is kept until it is taken, and Podman is asked once", async () => {
  const readings = [10, 30, 20, null];
  const { clock, world, watch } = watched(() => readings.shift() ?? null);
  await clock.advance(4 * 5_000);
  expect(world.asked).toBe(1);
  expect(watch.take("one")).toBe(30);
  expect(watch.take("one")).toBeNull();
});

test("a Podman that is away is asked again", async () => {
  const { clock, world, watch } = watched((pid) => (pid === 7 ? 10 : null));
  world.isAway = true;
  await clock.advance(5_000);
  expect(watch.take("one")).toBeNull();
  world.isAway = false;
  await clock.advance(5_000);
  expect(watch.take("one")).toBe(10);
});

test("what does not run any more is looked at no longer, nor anything after the end", async () => {
  const { clock, world, watch } = watched(() => 10);
  await clock.advance(5_000);
  world.running = [];
  await clock.advance(5_000);
  expect(watch.take("one")).toBeNull();
  world.running = ["two"];
  watch.close();
  await clock.advance(60_000);
  expect(world.asked).toBe(1);
});
