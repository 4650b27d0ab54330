/** The operator's durations. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_TIMES, offerSilenceMs, stopMargin, timesSchema } from "../../../shared/times.ts";

const KEYS = Object.keys(DEFAULT_TIMES);

test("the start values are the documented ones", () => {
  expect(DEFAULT_TIMES).toEqual({
    ...{ pingMs: 15_000, pongMs: 10_000, leaseMs: 90_000, offerMs: 10_000, startMs: 20_000, guardMs: 250 },
    ...{ answeredMs: 6_000, holdMs: 10_000, forgottenMs: 300_000, usageMs: 600_000, reconcileMs: 600_000 },
    ...{ retryMaxMs: 300_000, waitingLineMs: 60_000, stopMarginMs: 30_000, snapshotMs: 60_000 },
    keepMs: 604_800_000,
  });
});

test.each(KEYS)("%s may be set alone, the others keep their values", (key) => {
  const value = key === "leaseMs" ? 91_000 : 14_000;
  const times = timesSchema.parse({ [key]: value });
  const lease = key === "pingMs" ? 6 * 14_000 : DEFAULT_TIMES.leaseMs;
  expect(times).toEqual({ ...DEFAULT_TIMES, leaseMs: lease, [key]: value });
});

describe("the lease", () => {
  test("is six pings when only the ping is given", () => {
    expect(timesSchema.parse({ pingMs: 100, pongMs: 100 }).leaseMs).toBe(600);
  });

  test("is what was given, whatever the ping is", () => {
    expect(timesSchema.parse({ pingMs: 100, pongMs: 100, leaseMs: 300 }).leaseMs).toBe(300);
  });

  test.each([
    [100, 100, 200, false],
    [100, 100, 201, true],
    [100, 500, undefined, false],
    [100, 499, undefined, true],
    [undefined, 75_000, undefined, false],
    [undefined, 74_999, undefined, true],
  ])("must outlast ping and pong: ping %s, pong %s, lease %s: %s", (pingMs, pongMs, leaseMs, ok) => {
    const parsed = timesSchema.safeParse({ pingMs, pongMs, leaseMs });
    expect(parsed.success).toBe(ok);
    expect(parsed.error?.issues[0]?.path ?? ["leaseMs"]).toEqual(["leaseMs"]);
  });
});

test.each([0, -1, 1.5, "1000", true, Number.POSITIVE_INFINITY, 2 ** 53, null, [1], { ms: 1 }])(
  "%j is no duration",
  (value) => {
    for (const key of KEYS) {
      const parsed = timesSchema.safeParse({ [key]: value });
      expect(parsed.error?.issues[0]?.path).toEqual([key]);
    }
  },
);

test("a key that is not known is refused by its name", () => {
  const parsed = timesSchema.safeParse({ pingMs: 100, pinkMs: 5 });
  expect(parsed.error?.issues[0]).toMatchObject({ code: "unrecognized_keys", keys: ["pinkMs"] });
});

test("a socket is silent to offers after three pings", () => {
  expect(offerSilenceMs(timesSchema.parse({ pingMs: 200, pongMs: 1 }))).toBe(600);
});

test("a silent runner stops its job before it is given up, by at most a quarter of the silence", () => {
  expect(stopMargin(DEFAULT_TIMES, 3_600_000)).toBe(30_000);
  expect(stopMargin(DEFAULT_TIMES, 60_000)).toBe(15_000);
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 10 ** 9 }), (maxSilenceMs, stopMarginMs) => {
      const margin = stopMargin({ stopMarginMs }, maxSilenceMs);
      return Number.isInteger(margin) && margin >= 0 && margin <= stopMarginMs && margin <= maxSilenceMs / 4;
    }),
  );
});
