/** `hello`: a key is proven on each line anew, and lives in one place at a time. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { advance } from "../support/clock.ts";
import { callAsAdmin } from "../support/gateway.ts";
import { createJob } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import {
  anEnrolledRunner,
  anOpenLine,
  aRunnerKey,
  aWelcomedLine,
  lineOf,
  upgrade,
  upgradeToken,
} from "../support/runner-client.ts";
import { anInstance, CAPACITY, type RunnerLine } from "../support/runner-line.ts";

const { pingMs, pongMs, leaseMs, startMs, stopMarginMs } = DEFAULT_TIMES;
const WRONG_PROOF = { code: 4401, reason: "wrong proof" };
const INSTANCE = anInstance();

test("who proves its key is welcomed with its name, the times and a verdict for each of its jobs", async () => {
  const runner = await anEnrolledRunner();
  const line = await anOpenLine(runner);
  const ref = { job: "54112", incarnation: "0123456789abcdef", attempt: 1, rank: 0 };
  await line.sayHello({ inventory: [{ ref, phase: "preparing" }] });
  expect(await line.next("welcome")).toEqual({
    type: "welcome",
    runner: { id: runner.id, name: "node-1" },
    times: { pingMs, pongMs, leaseMs, startMs, stopMarginMs },
    now: Date.now(),
    reconnectWindowMs: 1_000,
    oldestVersion: "0.1.0",
    verdicts: [{ ref, verdict: "forget" }],
  });
});

test.each(["AAAA", "", "x".repeat(64)])("the proof %j is none", async (proof) => {
  const line = await anOpenLine(await anEnrolledRunner());
  await line.sayHello({ proof });
  expect(await line.closed).toEqual(WRONG_PROOF);
});

const proofs: [string, (line: RunnerLine, other: RunnerLine) => Promise<string>][] = [
  ["by another key", async (line) => line.prove({ instance: INSTANCE, key: await aRunnerKey() })],
  ["of another line", (line, other) => line.prove({ instance: INSTANCE, nonce: other.nonce })],
  ["of another instance", (line) => line.prove({ instance: anInstance() })],
  ["for another category", (line, other) => other.prove({ instance: INSTANCE, nonce: line.nonce })],
];

test.each(proofs)("a proof %s is none", async (_name, prove) => {
  const runner = await anEnrolledRunner({ categories: ["example-compute", "other-compute"] });
  const line = await anOpenLine(runner);
  const proof = await prove(line, await anOpenLine(runner, "other-compute"));
  await line.sayHello({ instance: INSTANCE, proof });
  expect(await line.closed).toEqual(WRONG_PROOF);
});

test("a token and a proof that somebody has recorded open nothing", async () => {
  const runner = await anEnrolledRunner();
  const token = await upgradeToken(runner);
  const line = await lineOf(await upgrade({ token }), runner);
  const proof = await line.prove({ instance: INSTANCE });
  await line.sayHello({ instance: INSTANCE, proof });
  await line.next("welcome");

  const replay = await lineOf(await upgrade({ token }), runner);
  await replay.sayHello({ instance: INSTANCE, proof });
  expect(await replay.closed).toEqual(WRONG_PROOF);
});

test("a line on which nothing is proven is closed after ten seconds", async () => {
  const line = await anOpenLine(await anEnrolledRunner());
  advance(9_999);
  await runDurableObjectAlarm(queue());
  line.sendRaw("ping");
  expect(await line.nextText()).toBe("pong");
  advance(1);
  expect(await runDurableObjectAlarm(queue())).toBe(true);
  expect(await line.closed).toEqual({ code: 4400, reason: "no hello" });
});

test("a runner that comes again supersedes its older line", async () => {
  const runner = await anEnrolledRunner();
  const older = await aWelcomedLine(runner);
  const newer = await aWelcomedLine(runner);
  expect(await older.closed).toEqual({ code: 4410, reason: "older session" });
  await createJob();
  await newer.next("offer");
});

test("one key on two machines: the second is refused until the first is silent", async () => {
  const runner = await anEnrolledRunner();
  const first = await anOpenLine(runner);
  await first.sayHello({ instance: INSTANCE });
  await first.next("welcome");
  advance(10_000);

  const second = await anOpenLine(runner);
  await second.sayHello({ instance: anInstance() });
  const retryAfterMs = pingMs + pongMs - 10_000;
  expect(await second.next("bye")).toEqual({ type: "bye", reason: "other instance", retryAfterMs });
  expect(await second.closed).toEqual({ code: 4409, reason: "other instance" });

  advance(retryAfterMs);
  const third = await anOpenLine(runner);
  await third.sayHello({ instance: anInstance() });
  await third.next("welcome");
  expect(await first.closed).toEqual({ code: 4410, reason: "older session" });
});

test("a second hello on the same line completes the first", async () => {
  await createJob();
  const line = await anOpenLine(await anEnrolledRunner());
  await line.sayHello({ inventory: "unknown" });
  expect((await line.next("welcome")).verdicts).toEqual([]);
  // Nothing is offered to a runner that does not know yet what it has.
  await line.sayHello({ inventory: [] });
  await line.next("welcome");
  await line.next("offer");
});

test("enrolling again replaces the key and closes the old one's line", async () => {
  const before = await anEnrolledRunner();
  const line = await aWelcomedLine(before);
  const after = await anEnrolledRunner();
  expect(await line.closed).toEqual({ code: 4410, reason: "enrolled again" });
  expect((await upgrade({ token: await upgradeToken({ ...before, id: after.id }) })).status).toBe(401);
  await aWelcomedLine(after);
});

test("a line that was opened with a key that was replaced meanwhile proves nothing", async () => {
  const line = await anOpenLine(await anEnrolledRunner());
  await anEnrolledRunner();
  expect((await line.closed).code).toBe(4410);
});

test("an administrator sees whether a runner is there, how long it is silent, and what it has", async () => {
  const [there, gone] = [await anEnrolledRunner({ name: "there" }), await anEnrolledRunner({ name: "gone" })];
  const unused = { cpu: 0, memoryBytes: 0, gpu: 0 };
  const unseen = { cidr: null, address: null, hostname: null, podman: null, used: unused };
  const nothing = { ...unseen, jobs: [], drained: null, degraded: null, revoked: false };
  const line = await aWelcomedLine(there);
  await createJob();
  await line.next("offer");
  advance(3_000);
  const { items } = JSON.parse(await (await callAsAdmin("/runners")).text());
  const of = { categories: ["example-compute"], ...nothing };
  expect(items).toEqual([
    { ...of, id: gone.id, name: "gone", connected: false, silentForMs: null, version: null, capacity: null },
    {
      ...of,
      id: there.id,
      name: "there",
      connected: true,
      silentForMs: 3_000,
      version: "0.1.0",
      capacity: CAPACITY,
      address: expect.any(String),
      hostname: expect.toSatisfy((name) => name === null || typeof name === "string"),
      podman: "4.3.1",
      used: expect.any(Object),
      jobs: ["54112"],
    },
  ]);
});

test("a second hello on the same socket says that its Podman is another one now", async () => {
  const line = await aWelcomedLine(await anEnrolledRunner());
  await line.sayHello({ machine: { hostname: "node", arch: "x86_64", podman: "5.0.0" } });
  await line.next("welcome");
  expect(JSON.parse(await (await callAsAdmin("/runners")).text()).items).toMatchObject([{ podman: "5.0.0" }]);
});
