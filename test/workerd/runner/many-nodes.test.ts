/** Codes for many machines: how often, for which names, and whom they do not touch. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob, startOffered } from "../support/job-life.ts";
import { registry } from "../support/registry.ts";
import {
  anEnrolmentCode,
  aRunnerKey,
  aWelcomedLine,
  enroll,
  type Runner,
  type RunnerKey,
  upgrade,
  upgradeToken,
} from "../support/runner-client.ts";

const enrolledSchema = z.object({ runner: z.object({ id: z.string(), name: z.string() }) });
const aCode = (given: Record<string, unknown> = {}) => anEnrolmentCode({ namePattern: "node-*", uses: 100, ...given });

async function comes(code: string, name: string, key?: RunnerKey): Promise<Runner> {
  const own = key ?? (await aRunnerKey());
  const response = await enroll(code, own, { name });
  expect(response.status).toBe(200);
  return { ...enrolledSchema.parse(await response.json()).runner, key: own };
}

async function refused(code: string, name: string, status: number, errorCode: string): Promise<string> {
  return expectError(await enroll(code, await aRunnerKey(), { name }), status, errorCode);
}

async function usesLeft(): Promise<number[]> {
  const { items } = z
    .object({ items: z.array(z.object({ usesLeft: z.number() })) })
    .parse(await (await callAsAdmin("/enrollments")).json());
  return items.map((item) => item.usesLeft).toSorted((a, b) => a - b);
}

const events = (log: { mock: { calls: unknown[][] } }, name: string) =>
  log.mock.calls.map(([line]) => JSON.parse(String(line))).filter(({ event }) => event === name);

test("as many machines as it says, each under its own name", async () => {
  const code = await aCode({ uses: 3 });
  const runners = [await comes(code, "node-1"), await comes(code, "node-2"), await comes(code, "node-3")];
  expect(new Set(runners.map(({ id }) => id)).size).toBe(3);
  expect(runners.map(({ name }) => name)).toEqual(["node-1", "node-2", "node-3"]);
  expect(await refused(code, "node-4", 403, "FORBIDDEN")).toContain("code: ");
  expect(await usesLeft()).toEqual([]);
});

test("of all that use it at the same time none is one too many", async () => {
  const code = await aCode({ uses: 5 });
  const keys = await Promise.all(Array.from({ length: 12 }, aRunnerKey));
  const answers = await Promise.all(keys.map((key, index) => enroll(code, key, { name: `node-${index}` })));
  expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(5);
});

test("a use and its runner are written together or not at all", async () => {
  const code = await aCode({ uses: 2 });
  await runInDurableObject(registry(), (_instance, { storage: { sql } }) => {
    sql.exec("CREATE TRIGGER broken BEFORE INSERT ON code_use BEGIN SELECT RAISE(ABORT, 'no disk'); END");
  });
  const key = await aRunnerKey();
  expect((await enroll(code, key, { name: "node-1" })).status).toBe(503);
  expect(await (await callAsAdmin("/runners")).json()).toEqual({ items: [] });
  expect(await usesLeft()).toEqual([2]);
  await runInDurableObject(registry(), (_instance, { storage: { sql } }) => {
    sql.exec("DROP TRIGGER broken");
  });
  await evict(registry());
  await comes(code, "node-1", key);
  expect(await usesLeft()).toEqual([1]);
});

test("whoever missed the answer asks again with its key, and that is no second use", async () => {
  const code = await aCode({ uses: 2 });
  const first = await comes(code, "node-1");
  const line = await aWelcomedLine(first);
  await evict(registry());
  expect(await comes(code, "node-1", first.key)).toEqual(first);
  expect(await usesLeft()).toEqual([1]);
  // Not even what it does now is disturbed.
  expect(await Promise.race([line.closed, Promise.resolve("open")])).toBe("open");
  line.close();
});

test("once another key has the name the earlier one is a stranger", async () => {
  const code = await aCode({ uses: 2 });
  const first = await comes(code, "node-1");
  await comes(code, "node-1");
  expect(await expectError(await enroll(code, first.key, { name: "node-1" }), 403)).toContain("code: ");
});

test.each([
  ["gpu-1", undefined],
  [undefined, "gpu-1.example.org"],
  [undefined, undefined],
  [undefined, "-node-1"],
])("the name %s on the machine %s is another than the pattern's, and no use", async (name, hostname) => {
  const code = await aCode({ uses: 1 });
  const response = await enroll(code, await aRunnerKey(), { name, hostname });
  expect(await expectError(response, 403, "FORBIDDEN")).toMatch(/^name: /);
  expect(await usesLeft()).toEqual([1]);
});

test("without a name the machine's own counts, up to its first dot", async () => {
  const code = await aCode();
  const body = { code, publicKey: (await aRunnerKey()).publicKey, hostname: "node-7.example.org" };
  const answer = enrolledSchema.parse(await (await call("/runner/v1/enroll", { body })).json());
  expect(answer.runner.name).toBe("node-7");
});

test.each(["a b", "", "node/1", "n".repeat(65)])("%j is no name", async (name) => {
  const response = await enroll(await aCode(), await aRunnerKey(), { name });
  expect(await expectError(response, 400, "BAD_REQUEST")).toMatch(/^name: /);
});

test("a code for one name takes no other, whatever its machine is called", async () => {
  const code = await anEnrolmentCode({ name: "node-1" });
  expect(await refused(code, "node-2", 403, "FORBIDDEN")).toContain("name: ");
  const response = await enroll(code, await aRunnerKey(), { hostname: "localhost" });
  expect(enrolledSchema.parse(await response.json()).runner.name).toBe("node-1");
});

test("a machine that comes back re-imaged keeps its id, its old key is worth nothing, and that is an event", async () => {
  const log = vi.spyOn(console, "log");
  const code = await aCode();
  const before = await comes(code, "node-1");
  (await aWelcomedLine(before)).close();
  await gone();
  expect(events(log, "runner.key_replaced")).toEqual([]);

  const after = await comes(code, "node-1");

  expect(after.id).toBe(before.id);
  await expectError(await upgrade({ token: await upgradeToken(before) }), 401);
  (await aWelcomedLine(after)).close();
  expect(events(log, "runner.key_replaced")).toEqual([
    { event: "runner.key_replaced", runner: before.id, code: expect.stringMatching(/^[0-9a-f]{12}$/) },
  ]);
  expect(log.mock.calls.join()).not.toContain(code);
});

test.each([
  { namePattern: "node-*", uses: 1 },
  { name: "node-1", uses: 2 },
])("a runner that is connected is not taken over by %j", async (given) => {
  const runner = await comes(await aCode(), "node-1");
  const line = await aWelcomedLine(runner);
  const code = await anEnrolmentCode(given);

  expect(await refused(code, "node-1", 409, "CONFLICT")).toMatch(/^name: The runner of this name is at work/);

  expect(await usesLeft()).toContain(given.uses);
  line.close();
  await gone();
  expect((await comes(code, "node-1")).id).toBe(runner.id);
});

test("its line may still look open when the machine is long dead", async () => {
  const code = await aCode();
  const runner = await comes(code, "node-1");
  await aWelcomedLine(runner);
  advance(DEFAULT_TIMES.leaseMs);
  await refused(code, "node-1", 409, "CONFLICT");
  advance(1);
  expect((await comes(code, "node-1")).id).toBe(runner.id);
});

test("a runner that was heard just now and has jobs is not taken over, though its line is down", async () => {
  const code = await aCode();
  const runner = await comes(code, "node-1");
  const line = await aWelcomedLine(runner);
  await createJob();
  await startOffered(line);
  line.close();
  await gone();

  await refused(code, "node-1", 409, "CONFLICT");
  advance(DEFAULT_TIMES.leaseMs + 1);
  expect((await comes(code, "node-1")).id).toBe(runner.id);
});

test("of two machines that claim a name at once one has it", async () => {
  const code = await aCode();
  await comes(code, "node-1");
  const answers = await Promise.all([
    enroll(code, await aRunnerKey(), { name: "node-1" }),
    enroll(code, await aRunnerKey(), { name: "node-1" }),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test("an administrator's word on one machine counts, also while it works", async () => {
  const runner = await comes(await aCode(), "node-1");
  await aWelcomedLine(runner);
  expect((await comes(await anEnrolmentCode({ name: "node-1" }), "node-1")).id).toBe(runner.id);
});

test("a revoked name stays refused until an administrator enrols it by name", async () => {
  const code = await aCode();
  const runner = await comes(code, "node-1");
  await callAsAdmin(`/runners/${runner.id}/revoke`, { reason: "stolen" });

  expect(await refused(code, "node-1", 403, "FORBIDDEN")).toContain("was revoked");
  expect(await expectError(await enroll(code, runner.key, { name: "node-1" }), 403)).toContain("was revoked");
  const own = await anEnrolmentCode({ name: "node-1" });
  expect(await expectError(await enroll(own, runner.key), 409)).toContain("This key was revoked");
  expect((await comes(own, "node-1")).id).toBe(runner.id);
});

test("a key is on one machine only", async () => {
  const code = await aCode();
  const first = await comes(code, "node-1");
  const other = await aCode();
  expect(await expectError(await enroll(other, first.key, { name: "node-2" }), 409)).toContain("Another runner has");
  expect(await usesLeft()).toEqual([99, 100]);
});

/** The queue has heard that the socket closed. */
async function gone(): Promise<void> {
  await vi.waitFor(async () => {
    const { items } = z
      .object({ items: z.array(z.object({ connected: z.boolean() })) })
      .parse(await (await callAsAdmin("/runners")).json());
    expect(items.some(({ connected }) => connected)).toBe(false);
  });
}
