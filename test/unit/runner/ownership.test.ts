/** Whose a container is: what its labels must say, and that every label we write is one we can read. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newAttempt, type Place } from "../../../runner/attempt/record.ts";
import type { ContainerFacts } from "../../../runner/engine/engine.ts";
import { LABELS } from "../../../runner/engine/labels.ts";
import { foreignUse, heirless, labelsFor, type Owner, sortOut, stateFolderId } from "../../../runner/ownership.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { aPlan, aRef, GIB } from "../../support/node-under-test.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

const FOLDER = "00112233445566aa";
const OWNER: Owner = { runner: "runner-1", stateFolder: FOLDER, stateDir: "/state", inherited: [] };
const CORES = [2, 3, 8];
const NOW = { bootId: "boot-1", uptimeMs: 1, nowMs: 1 };

function labelsOf(
  plan: JobPlan = aPlan(),
  gpus: string[] = [],
  owner = OWNER,
  place: Place = { folder: null, outputFolder: null },
): Record<string, string> {
  const given = { gpus, cores: CORES, now: NOW, place };
  const attempt = newAttempt({ ref: aRef(), category: "example-compute", plan, ...given });
  return labelsFor(attempt, plan, owner, { generation: "ffeeddccbbaa0011", bootId: "boot-1" });
}

function aContainer(labels: Record<string, string>, status: ContainerFacts["status"] = "running"): ContainerFacts {
  return {
    ...{ name: "ucloud-1", labels, status, pid: 1, startedAtPodman: 1, finishedAtPodman: null },
    ...{ exitCode: null, oom: false, imageDigest: null },
  };
}

describe("sorting out", () => {
  test("what carries our id and our folder's is ours, with all that adoption needs", () => {
    const plan = aPlan({
      resources: { cpu: 1.5, memoryBytes: GIB, gpu: 2 },
      maxSilenceMs: 60_000,
      output: "site",
      exclusive: true,
    });
    const { own, foreign } = sortOut([aContainer(labelsOf(plan, ["a=0", "a=1"]))], OWNER);
    expect(foreign).toEqual([]);
    expect(own[0]?.labels).toEqual({
      ref: aRef(),
      category: "example-compute",
      ...{ runner: "runner-1", stateFolder: FOLDER },
      generation: "ffeeddccbbaa0011",
      bootId: "boot-1",
      terms: {
        resources: plan.resources,
        exclusive: true,
        wallMs: plan.wallMs,
        stopGraceMs: 30_000,
        maxSilenceMs: 60_000,
        output: "site",
      },
      gpus: ["a=0", "a=1"],
      cores: CORES,
      folder: null,
      outputFolder: null,
    });
  });

  test("where its files lie is in the labels, unless it is another job's folder", () => {
    const place = { folder: "/jobs/alice/1001-00112233445566aa", outputFolder: "/88/1001-00112233445566aa/work" };
    const labels = labelsOf(aPlan(), [], OWNER, place);
    expect(sortOut([aContainer(labels)], OWNER).own[0]?.labels).toMatchObject(place);
    const moved = { ...labels, [LABELS.folder]: "/jobs/alice/1002-00112233445566aa" };
    expect(sortOut([aContainer(moved)], OWNER).own[0]?.labels.folder).toBeNull();
  });

  test.each<[string, Record<string, string>]>([
    ["another runner's", { ...labelsOf(), [LABELS.runner]: "runner-2" }],
    ["another state folder's", { ...labelsOf(), [LABELS.stateFolder]: "ffffffffffffffff" }],
    ["nobody's", {}],
    ["one with a path for a job", { ...labelsOf(), [LABELS.job]: "../etc" }],
    ["one with words for a number", { ...labelsOf(), [LABELS.wallMs]: "long" }],
    ["one with a negative size", { ...labelsOf(), [LABELS.memoryBytes]: "-1" }],
    ["one with more than a number", { ...labelsOf(), [LABELS.cpu]: "1; rm" }],
    ["one with a blank for a number", { ...labelsOf(), [LABELS.cpu]: " " }],
    [
      "one without a generation",
      Object.fromEntries(Object.entries(labelsOf()).filter(([key]) => !key.endsWith("generation"))),
    ],
  ])("%s is foreign", (_, labels) => {
    const container = aContainer(labels);
    expect(sortOut([container], OWNER)).toEqual({ own: [], foreign: [container] });
  });

  test("what an inherited folder's id is on is ours, under our own id only", () => {
    const heir = { ...OWNER, stateFolder: "ffffffffffffffff", inherited: [FOLDER] };
    const [mine, other] = [aContainer(labelsOf()), aContainer({ ...labelsOf(), [LABELS.runner]: "runner-2" })];
    expect(sortOut([mine, other], heir)).toMatchObject({ own: [{ facts: mine }], foreign: [other] });
    expect(heirless([mine, other], heir)).toEqual([]);
    expect(heirless([mine, mine, other], { ...heir, inherited: [] })).toEqual([FOLDER]);
  });

  test("every attempt that a plan allows is recognised again", () => {
    const plans = fc.record({
      cpu: fc.oneof(fc.double({ min: 0, max: 4096, noNaN: true }), fc.integer({ min: 0, max: 4096 })),
      memoryBytes: fc.maxSafeNat(),
      wallMs: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      maxSilenceMs: fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
      gpus: fc.uniqueArray(fc.stringMatching(/^[a-z.]+\/gpu=[a-z0-9:]+$/), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(plans, ({ cpu, memoryBytes, wallMs, maxSilenceMs, gpus }) => {
        const plan = aPlan({ resources: { cpu, memoryBytes, gpu: gpus.length }, wallMs, maxSilenceMs });
        const { own } = sortOut([aContainer(labelsOf(plan, gpus))], OWNER);
        expect(own[0]?.labels.terms).toMatchObject({ resources: plan.resources, wallMs, maxSilenceMs });
        expect(own[0]?.labels.gpus).toEqual(gpus);
      }),
    );
  });
});

describe("what foreign containers take", () => {
  const labels = labelsOf(aPlan({ resources: { cpu: 2, memoryBytes: GIB, gpu: 1 } }), ["a=0"]);
  const use = { resources: { cpu: 2, memoryBytes: GIB, gpu: 1 }, gpus: ["a=0"], cores: CORES };

  test.each<[ContainerFacts["status"], number]>([
    ["running", 1],
    ["paused", 1],
    ["stopping", 1],
    ["created", 0],
    ["exited", 0],
    ["other", 0],
  ])("a container that is %s counts %d times", (status, times) => {
    expect(foreignUse([aContainer(labels, status)])).toEqual(Array(times).fill(use));
  });

  test("one without readable labels takes nothing that is known", () => {
    expect(foreignUse([aContainer({}), aContainer(labels)])).toEqual([use]);
  });
});

describe("the state folder's id", () => {
  test("stays, and is no other folder's", () => {
    const folder = aStateFolder();
    const id = stateFolderId(folder);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(stateFolderId(folder)).toBe(id);
    expect(stateFolderId(aStateFolder())).not.toBe(id);
  });

  test("that is damaged is drawn anew, once", () => {
    const folder = aStateFolder();
    writeFileSync(join(folder, "folder-id"), "damaged");
    const id = stateFolderId(folder);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(readFileSync(join(folder, "folder-id"), "utf8").trim()).toBe(id);
  });
});
