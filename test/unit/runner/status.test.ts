import { expect, test } from "vitest";
import { exitCodeOf, type Status, statusSchema } from "../../../runner/status.ts";

type Line = Status["lines"][number];
const up: Line = { category: "a", connected: true, heardAgoMs: 5, trouble: null, losses: 0 };
const down: Line = {
  category: "b",
  connected: false,
  heardAgoMs: null,
  trouble: "the gateway does not answer",
  losses: 0,
};

function aStatus(given: Partial<Status> = {}): Status {
  return {
    version: "0.1.0",
    runner: { id: "runner-1", name: "node-1" },
    draining: false,
    podman: "up",
    closed: null,
    closing: null,
    journalLost: false,
    total: { cpu: 1, memoryBytes: 1, gpu: 0 },
    lines: [up],
    jobs: [],
    foreign: [],
    freeDiskBytes: null,
    journalFailures: 0,
    ...given,
  };
}
const closed = { code: "disk", text: "Less than 5.0 GiB of disk space is free." };

test.each<[string, Partial<Status>, number]>([
  ["connected and open is 0", {}, 0],
  ["one line of two is 1", { lines: [up, down] }, 1],
  ["closed for a reason of its own is 1", { closed }, 1],
  ["closed because somebody drains it is 0", { closed: { code: "drain", text: "x" }, draining: true }, 0],
  ["no line is 2", { lines: [down] }, 2],
  ["no line is 2, also while draining", { lines: [down, down], draining: true }, 2],
])("%s", (_, given, code) => {
  expect(exitCodeOf(aStatus(given))).toBe(code);
});

test("what a runner of another version says in addition is no trouble", () => {
  expect(statusSchema.parse({ ...aStatus(), mood: "good" })).toEqual(aStatus());
});
