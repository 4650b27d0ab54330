import { expect, test } from "vitest";
import { provesLife, readProcess } from "../../../../runner/engine/process-proof.ts";

const ID = "5a6cb560a8eb019f9d5919b1239410502d524bcbc5ab44013309f597876fc5b5";
/** 1396937 ticks after the boot. */
const BORN_MS = 13_969_370;
const rest = "8589 8599 8599 0 -1 4194560 1150 0 0 0 2 0 0 0 20 0 1 0 1396937 1036288 130";

const trace = (change: Partial<{ stat: string; cgroup: string }> = {}) => ({
  stat: `8599 (podman-init) S ${rest}`,
  cgroup: `4:memory:/libpod_parent/libpod-${ID}\n0::/libpod_parent/libpod-${ID}\n`,
  ...change,
});
const container = { id: ID, notBeforeMs: BORN_MS - 40 };

test("a process in the container's cgroup is the container's, born a moment after its job was accepted", () => {
  expect(provesLife(trace(), container)).toBe(true);
});

test.each([
  `0::/machine.slice/libpod-${ID}.scope`,
  `0::/machine.slice/libpod-${ID}.scope/container`,
  `1:name=systemd:/user.slice/user-1.slice/user@1.service/user.slice/libpod-${ID}.scope`,
])("the cgroup %s names the container", (cgroup) => {
  expect(provesLife(trace({ cgroup }), container)).toBe(true);
});

test.each([
  "0::/system.slice/cron.service",
  `0::/machine.slice/libpod-conmon-${ID}.scope`,
  `0::/libpod-${ID.replace("5", "6")}`,
  "",
])("a process with the same number in %j is somebody else's", (cgroup) => {
  expect(provesLife(trace({ cgroup }), container)).toBe(false);
});

test("a zombie is dead, and a name with parentheses confuses nobody", () => {
  expect(provesLife(trace({ stat: `8599 (podman-init) Z ${rest}` }), container)).toBe(false);
  expect(provesLife(trace({ stat: `8599 (a) Z (b) S ${rest}` }), container)).toBe(true);
});

test.each([
  ["was accepted long before: its image was pulled", BORN_MS - 7_200_000, true],
  ["was accepted in the same moment, by a clock that is less precise", BORN_MS + 900, true],
  ["was accepted after the process began: its number is somebody else's", BORN_MS + 2_000, false],
  ["was accepted nobody knows when", null, true],
])("a container whose job %s", (_, notBeforeMs, isAlive) => {
  expect(provesLife(trace(), { ...container, notBeforeMs })).toBe(isAlive);
});

test("a process is read from /proc, and one that is not there is null", async () => {
  expect((await readProcess(process.pid))?.stat).toMatch(new RegExp(`^${process.pid} `));
  expect(await readProcess(0)).toBeNull();
  expect(await readProcess(2 ** 30)).toBeNull();
});
