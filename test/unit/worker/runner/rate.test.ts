/** By what callers are told apart when they are counted, and who is refused then. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { callerKey } from "../../../../worker/runner/address.ts";
import { checkConnectRate, checkEnrolRate } from "../../../../worker/runner/rate.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["unknown", "unknown"],
])("%s is counted as %s", (address, key) => {
  expect(callerKey(address)).toBe(key);
});

test("whatever stands in the header is a short key", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(":", "0", "f", "."), maxLength: 50 }), (address) => {
      expect(callerKey(address).length).toBeLessThanOrEqual(address.length + 60);
    }),
  );
});

/** Counts as the platform does, without its forgetting. */
function limitOf(most: number) {
  const seen = new Map<string, number>();
  return {
    limit: async ({ key }: { key: string }) => {
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return { success: (seen.get(key) ?? 0) <= most };
    },
  };
}

const from = (address: string) => new Request("http://gateway.invalid", { headers: { "CF-Connecting-IP": address } });

/** How many of the calls in a row are let in. */
async function letIn(calls: (() => Promise<void>)[]): Promise<number> {
  const answers = await Promise.allSettled(calls.map((call) => call()));
  const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
  expect(refused.every(({ code }) => code === "too_many_requests")).toBe(true);
  return answers.length - refused.length;
}

test("made-up ids of one address, a whole /64 of it, are counted together", async () => {
  const limits = { CONNECT_LIMIT: limitOf(3), CONNECT_ADDRESS_LIMIT: limitOf(20) };
  const calls = Array.from(
    { length: 40 },
    (_, index) => () => checkConnectRate(from(`2001:db8:0:7::${index.toString(16)}`), limits, `r-${index}`),
  );
  expect(await letIn(calls)).toBe(20);
  await checkConnectRate(from("2001:db8:0:8::1"), limits, "r-1");
});

test("a runner is counted at its address: who claims its id elsewhere does not keep it out", async () => {
  const limits = { CONNECT_LIMIT: limitOf(3), CONNECT_ADDRESS_LIMIT: limitOf(20) };
  expect(await letIn(new Array(9).fill(() => checkConnectRate(from("192.0.2.8"), limits, "r-1")))).toBe(3);
  expect(await letIn(new Array(9).fill(() => checkConnectRate(from("192.0.2.9"), limits, "r-1")))).toBe(3);
});

test("enrolments are counted by address", async () => {
  const limits = { ENROLL_LIMIT: limitOf(2) };
  expect(await letIn(new Array(5).fill(() => checkEnrolRate(from("192.0.2.8"), limits)))).toBe(2);
  await checkEnrolRate(from("192.0.2.9"), limits);
});
