/** What every turn asks, without asking the disk every time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Soonest } from "../../../../worker/queue/soonest.ts";

const moment = fc.option(fc.nat(20));

test("after any changes it is what the rows say", () => {
  const change = fc.tuple(fc.nat(5), moment);
  fc.assert(
    fc.property(fc.array(moment, { minLength: 6, maxLength: 6 }), fc.array(change), (rows, changes) => {
      const soonest = new Soonest(() => least(rows));
      for (const [row, afterMs] of changes) {
        expect(soonest.get()).toBe(least(rows));
        const beforeMs = rows[row] ?? null;
        rows[row] = afterMs;
        soonest.changed(beforeMs, afterMs);
      }
      expect(soonest.get()).toBe(least(rows));
    }),
  );
});

test("rows are read once, and again when the soonest one came to be later", () => {
  let reads = 0;
  const rows: (number | null)[] = [5, 7];
  const soonest = new Soonest(() => {
    reads += 1;
    return least(rows);
  });
  soonest.get();
  rows[1] = 9;
  soonest.changed(7, 9);
  rows.push(3);
  soonest.changed(null, 3);
  expect([soonest.get(), reads]).toEqual([3, 1]);
  rows[2] = null;
  soonest.changed(3, null);
  expect([soonest.get(), reads]).toEqual([5, 2]);
});

function least(rows: (number | null)[]): number | null {
  const known = rows.filter((row) => row !== null);
  return known.length === 0 ? null : Math.min(...known);
}
