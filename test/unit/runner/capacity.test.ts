import { expect, test } from "vitest";
import { admit, type Foreign, type Ledger, usedElsewhere } from "../../../runner/capacity.ts";
import { aPlan, GIB } from "../../support/node-under-test.ts";

const gpu = (name: string, kind: string | null = "t4") => ({ name, kind });
const size = (cpu: number, gpu = 0) => ({ cpu, memoryBytes: cpu * GIB, gpu });

function aLedger(given: Partial<Ledger> = {}): Ledger {
  const machine = { total: size(8), gpuKind: null, arch: "amd64" };
  return { machine, gpus: [], held: [], foreign: [], attempts: 0, hold: null, ...given };
}

const theirs: Foreign = { resources: size(6), gpus: [] };

test("what other categories and foreign containers use is used elsewhere, the own jobs are not", () => {
  const held = [
    { category: "a", resources: size(1), gpus: [] },
    { category: "b", resources: size(2), gpus: [] },
  ];
  const ledger = aLedger({ held, foreign: [{ resources: size(3), gpus: [] }] });
  expect(usedElsewhere(ledger, "a")).toEqual(size(5));
});

test("a second runner that has a part of the machine to itself takes nothing from this one", () => {
  const machine = { total: size(8), gpuKind: null, arch: "amd64", physical: size(16) };
  expect(usedElsewhere(aLedger({ machine, foreign: [theirs] }), "a").cpu).toBe(0);
  expect(usedElsewhere(aLedger({ machine, foreign: [theirs, theirs] }), "a").cpu).toBe(4);
});

test("room that is kept for a category is used for the others, and not for itself", () => {
  const ledger = aLedger({ hold: { category: "b", need: size(6) } });

  expect(usedElsewhere(ledger, "a")).toEqual(size(6));
  expect(usedElsewhere(ledger, "b")).toEqual(size(0));
  const of = (category: string, cpu: number) =>
    admit(aPlan({ product: { name: "x", category }, resources: size(cpu) }), ledger).ok;
  expect([of("a", 2), of("a", 3), of("b", 8)]).toEqual([true, false, true]);
});

test("room that is kept for a job with GPUs leaves jobs without any what they need", () => {
  const machine = { total: size(8, 1), gpuKind: "t4", arch: "amd64" };
  const held = [{ category: "b", resources: size(1, 1), gpus: ["gpu0"] }];
  const ledger = aLedger({ machine, gpus: [gpu("gpu0")], held, hold: { category: "b", need: size(2, 1) } });

  expect(admit(aPlan({ product: { name: "x", category: "a" }, resources: size(5) }), ledger).ok).toBe(true);
});

test("a GPU that a foreign container has is not given again", () => {
  const machine = { total: { ...size(8), gpu: 2 }, gpuKind: "t4", arch: "amd64", physical: { ...size(16), gpu: 4 } };
  const foreign = [{ resources: size(1, 1), gpus: ["gpu0"] }];
  const ledger = aLedger({ machine, gpus: [gpu("gpu0"), gpu("gpu1")], foreign });
  const plan = aPlan({ gpuKind: "t4", resources: size(1, 1) });
  expect(admit(plan, ledger)).toEqual({ ok: true, gpus: ["gpu1"], cores: [] });
  const two = aPlan({ gpuKind: "t4", resources: size(1, 2) });
  expect(admit(two, ledger)).toMatchObject({ ok: false, failure: { code: "no_room" } });
});

test("a runner holds at most 512 attempts, acknowledged or not", () => {
  expect(admit(aPlan(), aLedger({ attempts: 511 })).ok).toBe(true);
  expect(admit(aPlan(), aLedger({ attempts: 512 }))).toMatchObject({ ok: false, failure: { code: "no_room" } });
});

test("fractions of cores that add up to the machine fit", () => {
  const machine = { total: { cpu: 0.3, memoryBytes: 8 * GIB, gpu: 0 }, gpuKind: null, arch: "amd64" };
  const held = [0.1, 0.1].map((cpu) => ({ category: "a", resources: { cpu, memoryBytes: 0, gpu: 0 }, gpus: [] }));
  const plan = aPlan({ resources: { cpu: 0.1, memoryBytes: GIB, gpu: 0 } });
  expect(admit(plan, aLedger({ machine, held })).ok).toBe(true);
});

test("a job that has the machine to itself comes to an empty one, and nothing comes to it", () => {
  const alone = aPlan({ exclusive: true, resources: size(1) });
  const held = [{ category: "b", resources: size(1), gpus: [], exclusive: true }];
  const shared = [{ category: "b", resources: size(1), gpus: [] }];
  const busy = { ok: false, failure: { code: "no_room" } };

  expect(admit(alone, aLedger()).ok).toBe(true);
  expect(admit(alone, aLedger({ held: shared }))).toMatchObject(busy);
  expect(admit(alone, aLedger({ hold: { category: "b", need: size(1) } }))).toMatchObject(busy);
  expect(admit(aPlan(), aLedger({ held }))).toMatchObject(busy);
});

test("a job that has the machine to itself leaves other categories nothing of it", () => {
  const held = [{ category: "b", resources: size(1), gpus: [], exclusive: true }];
  expect(usedElsewhere(aLedger({ held }), "a")).toEqual(size(8));
  expect(usedElsewhere(aLedger({ held }), "b")).toEqual(size(0));
});
