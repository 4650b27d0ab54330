/** Names of things that become names of folders, containers and networks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { folderName, NAME, type Ref, refName, refSchema } from "../../../shared/ids.ts";
import { arbitraryRef } from "./arbitrary-frames.ts";

const REF = { job: "1001", incarnation: "00112233445566aa", attempt: 1, rank: 0 };

test("two refs have the same name only if they are the same", () => {
  const near = fc.record({
    ...{ job: fc.constantFrom("1", "11", "1-1"), incarnation: fc.constantFrom("0".repeat(16), "1".repeat(16)) },
    ...{ attempt: fc.constantFrom(1, 11, 111), rank: fc.constantFrom(1, 11, 111) },
  });
  const same = (a: Ref, b: Ref) => JSON.stringify(a) === JSON.stringify(b);
  fc.assert(
    fc.property(near, near, (a, b) => (refName(a) === refName(b)) === same(a, b)),
    { numRuns: 2_000 },
  );
});

test("a name is one that Podman and every file system take, and no path", () => {
  fc.assert(
    fc.property(arbitraryRef, (ref) => {
      for (const name of [refName(ref), folderName(ref)]) {
        expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/);
        expect(name.length).toBeLessThanOrEqual(255);
      }
    }),
  );
});

test("the attempts of an incarnation share a folder, two incarnations do not", () => {
  expect(folderName({ ...REF })).toBe("1001-00112233445566aa");
  expect(folderName({ ...REF, incarnation: "ffffffffffffffff" })).not.toBe(folderName(REF));
});

test.each([
  { job: "" },
  { job: "../x" },
  { job: ".x" },
  { job: "a b" },
  { job: "a\n" },
  { job: "x".repeat(65) },
  { incarnation: "00112233445566AA" },
  { incarnation: "short" },
  { attempt: 0 },
  { attempt: 1.5 },
  { rank: -1 },
  { rank: 512 },
  { more: true },
])("%j makes no ref", (change) => {
  expect(refSchema.safeParse({ ...REF, ...change }).success).toBe(false);
});

test.each(["example-compute", "a.b_c", "1"])("%s is a name", (name) => expect(NAME.test(name)).toBe(true));
test.each(["", "a/b", "..", "a b", "é", "a\n"])("%j is no name", (name) => expect(NAME.test(name)).toBe(false));
