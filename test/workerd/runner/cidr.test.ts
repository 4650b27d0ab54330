/** Runners that may call from certain networks only, and the sign that one has moved. */
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { anOpenLine, aRunnerKey, type Runner, upgrade, upgradeToken } from "../support/runner-client.ts";

const HOME = "192.0.2.7";
const ELSEWHERE = "198.51.100.7";
const from = (address: string) => ({ "CF-Connecting-IP": address });
const enrollment = (cidr: unknown) => callAsAdmin("/enrollments", { name: "n", categories: ["example-compute"], cidr });

async function codeFor(cidr: unknown): Promise<string> {
  return z.object({ code: z.string() }).parse(await (await enrollment(cidr)).json()).code;
}

async function aHeldRunner(cidr: unknown): Promise<Runner> {
  const key = await aRunnerKey();
  const body = { code: await codeFor(cidr), publicKey: key.publicKey };
  const response = await call("/runner/v1/enroll", { body, headers: from(HOME) });
  const { runner } = z.object({ runner: z.object({ id: z.string(), name: z.string() }) }).parse(await response.json());
  return { ...runner, key };
}

async function shown(): Promise<unknown> {
  return z.object({ items: z.array(z.unknown()) }).parse(await (await callAsAdmin("/runners")).json()).items[0];
}

test.each(["192.0.2.0/24", [["2001:db8::/32", "192.0.2.0/24"]].flat()])("%s holds connections", async (cidr) => {
  const runner = await aHeldRunner(cidr);
  const refused = await upgrade({ token: await upgradeToken(runner), headers: from(ELSEWHERE) });
  expect(await expectError(refused, 403, "FORBIDDEN")).toContain("may not connect from this address");
  const unsigned = await upgrade({
    token: await upgradeToken(runner, { key: await aRunnerKey() }),
    headers: from(ELSEWHERE),
  });
  await expectError(unsigned, 401);
  const response = await upgrade({ token: await upgradeToken(runner), headers: from(HOME) });
  expect(response.status).toBe(101);
  response.webSocket?.accept();
  response.webSocket?.close();
  expect(await shown()).toMatchObject({ cidr: [cidr].flat() });
});

test("a code is held to the same networks, and one who tries it elsewhere does not use it up", async () => {
  const body = { code: await codeFor("192.0.2.0/24"), publicKey: (await aRunnerKey()).publicKey };
  const refused = await call("/runner/v1/enroll", { body, headers: from(ELSEWHERE) });
  expect(await expectError(refused, 403, "FORBIDDEN")).toContain("cidr");
  expect((await call("/runner/v1/enroll", { body, headers: from(HOME) })).status).toBe(200);
});

test.each(["192.0.2.0", "192.0.2.0/33", "somewhere", "2001:db8::/129", ["192.0.2.0/24", "x"], [], 5, {}])(
  "%j is no network",
  async (cidr) => {
    expect(await expectError(await enrollment(cidr), 400, "BAD_REQUEST")).toMatch(/^cidr(\[\d\])?: /);
  },
);

test("a runner that calls from elsewhere, or whose machine has another name, is an event, and the new place is shown", async () => {
  const runner = await aHeldRunner(undefined);
  const log = vi.spyOn(console, "log");
  const moves = () => log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("address_changed"));
  const comes = async (address: string, hostname = "node") => {
    const line = await anOpenLine(runner, undefined, from(address));
    await line.sayHello({ machine: { hostname, arch: "x86_64", podman: null } });
    await line.next("welcome");
    line.close();
  };
  await comes(HOME);
  await comes(HOME);
  expect(moves()).toEqual([]);
  await comes(ELSEWHERE);
  await comes("2001:db8::1", "other");
  await comes("2001:db8::2", "other");

  expect(moves().map((line) => JSON.parse(line))).toMatchObject([
    { event: "runner.address_changed", runner: runner.id, isAddress: true, isMachine: false },
    { isAddress: true, isMachine: true },
  ]);
  expect(moves().join()).not.toContain(ELSEWHERE);
  expect(await shown()).toMatchObject({ address: "2001:db8:0:0::/64", hostname: "other", cidr: null });
});
