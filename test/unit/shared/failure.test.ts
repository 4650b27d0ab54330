/** Whose fault a failed start is, and what the researcher reads. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FailureCode, failureSchema, failureText, sideOf } from "../../../shared/failure.ts";

const JOB: FailureCode[] = [
  ...(["image_not_found", "image_denied", "image_name_invalid", "image_not_allowed", "wrong_architecture"] as const),
  ...(["program_not_found", "program_not_executable", "root_not_allowed", "not_supported", "template_failed"] as const),
  ...(["file_not_found", "file_not_usable"] as const),
];
const NODE: FailureCode[] = [
  ...(["registry_unavailable", "pull_failed", "podman_unavailable", "podman_failed", "network_failed"] as const),
  ...(["mount_failed", "gpu_failed", "disk_full", "restarted", "renderer_failed", "prolog_failed"] as const),
  ...(["drive_unavailable", "drive_not_allowed"] as const),
];
const BUSY: FailureCode[] = ["no_room", "closed", "not_ready"];
const ALL = [...JOB, ...NODE, ...BUSY];

test("every code has one side, and none is forgotten here", () => {
  expect(failureSchema.shape.code.options.toSorted()).toEqual(ALL.toSorted());
  expect(JOB.map((code) => sideOf({ code }))).toEqual(JOB.map(() => "job"));
  expect(NODE.map((code) => sideOf({ code }))).toEqual(NODE.map(() => "node"));
  expect(BUSY.map((code) => sideOf({ code }))).toEqual(BUSY.map(() => "busy"));
});

test.each(ALL)("%s is one sentence, with and without a detail", (code) => {
  expect(failureText({ code })).toMatch(/^[A-Z][^.]+\.$/);
  expect(failureText({ code, detail: "acme/batch:1.0.0" })).toMatch(/^[A-Z][^.(]+ \(acme\/batch:1\.0\.0\)\.$/);
});

test("an empty detail leaves no brackets", () => {
  expect(failureText({ code: "image_not_found", detail: "" })).toBe("The image could not be found.");
});

test("a detail cannot break the line or make it long", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 400 }),
      (detail) => {
        const text = failureText({ code: "program_not_found", detail });
        expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(text.length).toBeLessThan(300);
      },
    ),
  );
});

test.each([{}, { code: "other" }, { code: "closed", detail: "x".repeat(401) }, { code: "closed", detail: 1 }])(
  "%j is no failure",
  (value) => {
    expect(failureSchema.safeParse(value).success).toBe(false);
  },
);
