/** Long durations as people write them. */

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `14d`, `36h`, `90m` or `0`; null: it is no duration. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d{1,6}(?:\.\d{1,6})?)\s*([mhd]?)$/.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined) {
    return null;
  }
  const factor = UNITS[unit];
  const number = Number(digits);
  if (factor === undefined) {
    return number === 0 ? 0 : null;
  }
  return Math.round(number * factor);
}
