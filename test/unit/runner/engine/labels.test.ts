import { expect, test } from "vitest";
import { LABELS, labelsOf, refOfLabels } from "../../../../runner/engine/labels.ts";
import { aPlan } from "../../../support/engine.ts";
import { aMount } from "../../../support/plan.ts";

const ref = { job: "5000123", incarnation: "0123456789abcdef", attempt: 3, rank: 0 };
const labels = labelsOf({
  ref,
  plan: aPlan({ maxSilenceMs: null }),
  runner: "r",
  stateFolder: "s",
  stateDir: "/state",
  category: "c",
  bootId: "b",
  gpuDevices: ["nvidia.com/gpu=0", "nvidia.com/gpu=1"],
});

test("a job is found again in its labels, with what its adoption needs", () => {
  expect(refOfLabels(labels)).toEqual(ref);
  expect(labels[LABELS.gpus]).toBe("nvidia.com/gpu=0 nvidia.com/gpu=1");
  expect(labels[LABELS.maxSilenceMs]).toBe("");
  expect(Object.keys(labels).every((name) => name.startsWith("dev.ucloud."))).toBe(true);
});

test.each([
  {},
  { ...labels, [LABELS.attempt]: "three" },
  { ...labels, [LABELS.attempt]: "" },
  { ...labels, [LABELS.attempt]: "0" },
  { ...labels, [LABELS.job]: "../../etc" },
])("labels that are not ours name no job (%#)", (foreign) => {
  expect(refOfLabels(foreign)).toBeNull();
});

test("whether drives are mounted is written on the container, for a runner that has lost the plan", () => {
  expect(labels).not.toHaveProperty(LABELS.mounts);
  const job = { ref, runner: "r", stateFolder: "s", stateDir: "/state", category: "c", bootId: "b", gpuDevices: [] };
  expect(labelsOf({ ...job, plan: aPlan({ mounts: [aMount()] }) })[LABELS.mounts]).toBe("1");
});
