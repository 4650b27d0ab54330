/** What jobs may have of a machine: never more than there is, but for cores where the operator says so. */
import { expect, test } from "vitest";
import { machineOf } from "../../../runner/machine.ts";
import { UsageError } from "../../../runner/usage-error.ts";

const GIB = 2 ** 30;
const HARDWARE = { cpus: 8, memoryBytes: 16 * GIB, arch: "x64" };
type Asked = Parameters<typeof machineOf>[0];

function asked(given: Partial<Asked> = {}): Asked {
  return { gpus: [], overcommit: { cpu: 1 }, ...given };
}

test("without settings jobs have everything but the reserve", () => {
  const { total, physical, arch, gpuKind } = machineOf(asked(), HARDWARE);
  expect(total).toEqual({ cpu: 8, memoryBytes: 15 * GIB, gpu: 0 });
  expect(physical).toEqual(total);
  expect([arch, gpuKind]).toEqual(["amd64", null]);
});

test.each([
  [16, 1],
  [100, 3],
])("of %d GiB at least 1 GiB and 3 % stay with the system", (memoryGib, reserveGib) => {
  const { total } = machineOf(asked(), { ...HARDWARE, memoryBytes: memoryGib * GIB });
  expect(total.memoryBytes).toBe((memoryGib - reserveGib) * GIB);
});

test("a part of the machine leaves the rest to others", () => {
  const { total, physical } = machineOf(asked({ cpu: 2, memory: 4 * GIB }), HARDWARE);
  expect(total).toEqual({ cpu: 2, memoryBytes: 4 * GIB, gpu: 0 });
  expect(physical).toEqual({ cpu: 8, memoryBytes: 15 * GIB, gpu: 0 });
});

test.each<[string, Partial<Asked>]>([
  ["cpu: ", { cpu: 8.1 }],
  ["cpu: ", { cpu: 17, overcommit: { cpu: 2 } }],
  ["memory: ", { memory: 15 * GIB + 1 }],
  ["memory: ", { memory: 16 * GIB, overcommit: { cpu: 16 } }],
  ["memory: ", { memory: 15 * GIB, reserve: 2 * GIB }],
  ["reserve: ", { reserve: 16 * GIB }],
  ["gpus: ", { gpus: ["nvidia.com/gpu=0", "nvidia.com/gpu=0"] }],
])("more than there is, is refused and named: %s%j", (name, given) => {
  const read = () => machineOf(asked(given), HARDWARE);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(new RegExp(`^${name}`));
});

test("overcommit.cpu allows more cores, and never more memory", () => {
  const { total } = machineOf(asked({ cpu: 16, overcommit: { cpu: 2 } }), HARDWARE);
  expect(total).toEqual({ cpu: 16, memoryBytes: 15 * GIB, gpu: 0 });
  expect(machineOf(asked({ overcommit: { cpu: 2 } }), HARDWARE).total.cpu).toBe(16);
});

test("everything up to the last byte may be given away, and the reserve be none", () => {
  const { total } = machineOf(asked({ cpu: 8, memory: 16 * GIB, reserve: 0 }), HARDWARE);
  expect(total.memoryBytes).toBe(16 * GIB);
});

test("a GPU's kind is said only where there is a GPU", () => {
  expect(machineOf(asked({ "gpu-kind": "t4" }), HARDWARE).gpuKind).toBeNull();
  const { gpuKind, total } = machineOf(asked({ "gpu-kind": "t4", gpus: ["a", "b"] }), HARDWARE);
  expect([gpuKind, total.gpu]).toEqual(["t4", 2]);
});

test.each([
  ["x64", "amd64"],
  ["arm64", "arm64"],
  ["riscv64", "riscv64"],
])("Node's %s is the images' %s", (arch, name) => {
  expect(machineOf(asked(), { ...HARDWARE, arch }).arch).toBe(name);
});
