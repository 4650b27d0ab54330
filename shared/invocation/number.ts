/** How a number reaches a program. */

/**
 * Decimal digits only: no exponent, no separators, no trailing zeros; 1.0 is `1`, 1e21 is a one with 21 zeros. The
 * digits are the fewest that give the same number when they are read again.
 */
export function plainNumber(value: number): string {
  const shortest = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(shortest);
  if (parts === null) {
    return shortest;
  }
  const [, sign = "", lead = "", rest = "", exponent = "0"] = parts;
  const digits = lead + rest;
  const point = 1 + Number(exponent);
  // JavaScript writes an exponent from 1e21 on and below 1e-6: the point always lies outside the digits.
  const plain = point > 0 ? digits.padEnd(point, "0") : `0.${"0".repeat(-point)}${digits}`;
  return sign + plain;
}
