import { expect, test } from "vitest";
import { type Circumstances, closedBy } from "../../../runner/closure.ts";

const GIB = 2 ** 30;

function now(given: Partial<Circumstances> = {}): Circumstances {
  return {
    ...{ revoked: false, drain: null, unhealthy: null, podman: "up", missingControllers: [], journalRefused: false },
    ...{ untried: null },
    ...{ freeDiskBytes: 6 * GIB, minFreeDiskBytes: 5 * GIB, ...given },
  };
}

test.each<[string, Partial<Circumstances>, string | null]>([
  ["all is well", {}, null],
  ["limits would not hold", { missingControllers: ["cpu", "memory"] }, "limits"],
  ["exactly enough disk is free", { freeDiskBytes: 5 * GIB }, null],
  ["the disk could not be asked", { freeDiskBytes: null }, null],
  ["it was revoked", { revoked: true }, "revoked"],
  ["it drains", { drain: "maintenance" }, "drain"],
  ["Podman has not listed yet", { podman: "unknown" }, "podman"],
  ["Podman is away", { podman: "away" }, "podman"],
  ["a new Podman was not tried yet", { untried: "Podman changed." }, "podman"],
  ["the journal takes no writes", { journalRefused: true }, "journal"],
  ["the site's own check says no", { unhealthy: "too hot" }, "health"],
  ["the disk is full", { freeDiskBytes: 5 * GIB - 1 }, "disk"],
])("when %s", (_, given, code) => {
  expect(closedBy(now(given))?.code ?? null).toBe(code);
});

test("the first reason is told: what the operator decided before what is broken", () => {
  const all = now({ revoked: true, drain: "x", podman: "away", journalRefused: true, freeDiskBytes: 0 });
  const codes = [all, { ...all, revoked: false }, { ...all, revoked: false, drain: null }].map(closedBy);
  expect(codes.map((closed) => closed?.code)).toEqual(["revoked", "drain", "podman"]);
});

test("the sentence says which bound it is, and fits a frame", () => {
  expect(closedBy(now({ freeDiskBytes: 0 }))?.text).toBe("Less than 5.0 GiB of disk space is free.");
  expect(closedBy(now({ drain: "x".repeat(1_000) }))?.text).toHaveLength(400);
});
