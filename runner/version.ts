/** The runner's version: the package's, also in the bundle. */
import manifest from "../package.json" with { type: "json" };

export const VERSION: string = manifest.version;

/** Compares the numbers of `a.b.c`; what is no number counts as 0. */
export function isOlder(version: string, than: string): boolean {
  const a = numbers(version);
  const b = numbers(than);
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}

function numbers(version: string): number[] {
  return version.split(".").map((part) => Number.parseInt(part, 10) || 0);
}
