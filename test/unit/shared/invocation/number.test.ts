import fc from "fast-check";
import { expect, test } from "vitest";
import { plainNumber } from "../../../../shared/invocation/number.ts";

test.each([
  [0, "0"],
  [-0, "0"],
  [1.0, "1"],
  [0.1, "0.1"],
  [1e6, "1000000"],
  [1.5e21, "1500000000000000000000"],
  [-1.23e25, "-12300000000000000000000000"],
  [1e-7, "0.0000001"],
  [-1.25e-7, "-0.000000125"],
])("%d is printed %s", (value, expected) => {
  expect(plainNumber(value)).toBe(expected);
});

test("a printed number has no exponent and is the same number when read again", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const printed = plainNumber(value);
      expect(printed).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Number(printed)).toBe(value === 0 ? 0 : value);
    }),
  );
});
