/** Whatever files a user names, and wherever they are wanted. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { mountSchema } from "../../../../shared/plan.ts";
import { inputsOf } from "./files.ts";

const name = fc.oneof(
  fc.constantFrom("a", "b", "a-0", "a-1", ".", "..", "", "work", "etc"),
  fc.string({ maxLength: 4 }),
);
const path = fc
  .tuple(fc.constantFrom("1", "2", "..", ""), fc.array(name, { maxLength: 3 }))
  .map(([drive, names]) => ["", drive, ...names].join("/"));
const place = fc.oneof(
  fc.constantFrom("", "/data", "/work/a", "/work/a-0", "/work/a-1/b", "/"),
  fc.array(name, { maxLength: 3 }).map((names) => `/${names.join("/")}`),
);
const file = fc.record({ path, mountPath: place, readOnly: fc.boolean() });

test("whatever is asked for: one clean place for each mount, none inside another", () => {
  fc.assert(
    fc.property(fc.array(file, { maxLength: 8 }), fc.dictionary(fc.constantFrom("p", "q"), file), (files, given) => {
      const inputs = inputsOf(files, given);
      if (inputs.kind === "fault") {
        expect(inputs.why).toMatch(/^[A-Z].*\.$/);
        return;
      }
      for (const mount of inputs.mounts) {
        expect(mountSchema.safeParse(mount).success).toBe(true);
        expect(mount.destination).toMatch(/^(\/[^/\0]+)+$/);
        expect(mount.destination.split("/")).not.toContain("..");
        expect(mount.destination).not.toMatch(/^\/(work|etc|proc)$/);
        const others = inputs.mounts.filter((other) => other !== mount).map(({ destination }) => destination);
        expect(others.filter((other) => `${other}/`.startsWith(`${mount.destination}/`))).toEqual([]);
      }
      const texts = [...inputs.values.values()].map(({ text }) => text);
      expect(texts.filter((text) => !inputs.mounts.some(({ destination }) => destination === text))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
