/** Who may follow what, in both framings, and how a stream begins and ends. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { tellUcloud } from "../support/alarms.ts";
import { PRODUCTS } from "../support/bindings.ts";
import { coreToken, signToken, strangersKey } from "../support/core-tokens.ts";
import { CALL, CoreSocket, LogEnd, OLDER, relayStub, TODAY, upgradeFollow } from "../support/follow-client.ts";
import { callAsAdmin, callAsCore, callWith, expectError } from "../support/gateway.ts";
import { createJob, exited, startOffered, tellFact, untilState } from "../support/job-life.ts";
import { aJob, anotherCategorysJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

const OFTEN = { interval: 5, timeout: 4_000 };

test.each([TODAY, OLDER])("an upgrade of %s with a wrong token is refused", async (path) => {
  const wrong = [
    await signToken({ iss: "cloud.sdu.dk", sub: "_UCloud", role: "SERVICE" }, await strangersKey()),
    await coreToken({ role: "PROVIDER" }),
    await coreToken({ exp: Math.floor(Date.now() / 1000) - 1 }),
    "garbage",
  ];
  for (const token of wrong) {
    await expectError(await upgradeFollow(path, token), 401, "UNAUTHORIZED");
  }
});

test("a call that is no upgrade is told so", async () => {
  await expectError(await upgradeFollow(TODAY, await coreToken(), { Upgrade: "" }), 426, "UPGRADE_REQUIRED");
});

test.each(["", "garbage"])("the older framing shows nothing to the bearer %j", async (bearer) => {
  await createJob();
  const socket = await CoreSocket.older();
  socket.follow(aJob(), { bearer, streamId: "1" });
  await socket.isClosed(1008);
  expect(socket.frames).toMatchObject([{ type: "response", status: 401, streamId: "1" }]);
});

test("on today's socket the bearer of a frame says nothing", async () => {
  await createJob();
  const socket = await CoreSocket.today(aJob());
  await runDurableObjectAlarm(await relayStub());
  await vi.waitFor(() => expect(socket.texts).toContain('{"ping":"pong"}'), OFTEN);
});

test.each<[string, unknown]>([
  ["a binary frame", new ArrayBuffer(2)],
  ["no JSON", "{"],
  ["no call", {}],
  ["more than 64 KiB", { call: CALL, streamId: "", payload: { type: "init", job: "x".repeat(65_536) } }],
])("%s closes the socket", async (_name, frame) => {
  const socket = new CoreSocket(await upgradeFollow(TODAY, await coreToken()));
  socket.socket.send(frame instanceof ArrayBuffer || typeof frame === "string" ? frame : JSON.stringify(frame));
  await socket.isClosed(1008);
});

test("another call is unknown", async () => {
  const socket = new CoreSocket(await upgradeFollow(TODAY, await coreToken()));
  socket.follow(aJob(), { call: "jobs.compute.ucloud.shell.open" });
  await socket.ends(404);
});

test.each([
  ["another id", aJob({ id: "1" })],
  ["another time of creation", aJob({ createdAt: 1 })],
  ["another owner", aJob({ "owner.createdBy": "somebody" })],
  ["another project", aJob({ "owner.project": "another" })],
  ["another category", anotherCategorysJob()],
  ["a category that is not ours", aJob({ "specification.product.category": "elsewhere" })],
])("a job with %s is not this one: one sentence, and the end", async (_name, job) => {
  await createJob();
  const socket = await CoreSocket.today(job);
  await socket.isClosed(1000);
  expect(socket.stderr).toBe("[This provider does not know the job]\n");
  expect(socket.frames.at(-1)).toMatchObject({ type: "response", status: 404 });
});

test("a queued job's stream stays open, with a frame at each tick, until UCloud knows of its end", async () => {
  await createJob();
  const today = await CoreSocket.today(aJob());
  const older = await CoreSocket.older();
  older.follow(aJob(), { bearer: await coreToken(), streamId: "9" });
  await vi.waitFor(() => expect(older.frames).toMatchObject([{ streamId: "9", payload: { rank: -1 } }]), OFTEN);
  const relay = await relayStub();
  for (let ticks = 1; ticks <= 3; ticks++) {
    expect(await runDurableObjectAlarm(relay)).toBe(true);
    await vi.waitFor(() => expect([today.texts.length, older.texts.length]).toEqual([ticks, ticks + 1]), OFTEN);
  }
  expect(today.texts).toEqual(new Array(3).fill('{"ping":"pong"}'));
  expect(older.frames.at(-1)).toMatchObject({ type: "message", streamId: "9", payload: { rank: -1 } });

  await callAsCore("/jobs/terminate", bulk(aJob()));
  await runDurableObjectAlarm(relay);
  await vi.waitFor(() => expect(today.texts).toHaveLength(4), OFTEN);
  expect(today.closed).toBeNull();
  await tellUcloud();
  await today.ends(200);
  await today.isClosed(1000);
  await older.ends(200);
  expect(older.closed).toBeNull();
});

test("today's frames and the older ones have the keys that each version reads", async () => {
  await createJob();
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  const ref = await startOffered(line);
  const today = await CoreSocket.today(aJob());
  const { nonce } = await line.next("open");
  const log = await LogEnd.open(runner, { ref, nonce });
  const [first] = await log.streams(1);
  log.write(first?.stream ?? 0, "hello\n");
  await today.shows("hello\n");
  expect(today.frames).toEqual([
    {
      type: "message",
      streamId: "ignored",
      payload: { streamId: expect.any(String), rank: 0, stdout: "hello\n", stderr: null, channel: null },
    },
  ]);
  const older = await CoreSocket.older();
  older.follow(aJob(), { bearer: await coreToken(), streamId: "9" });
  const [, second] = await log.streams(2);
  log.write(second?.stream ?? 0, "wrong\n", { from: "stderr" });
  await older.shows("wrong\n");
  expect(older.frames.at(-1)).toEqual({
    type: "message",
    streamId: "9",
    payload: { streamId: expect.any(String), rank: 0, stdout: null, stderr: "wrong\n" },
  });
});

test("the tail of an ended job is shown when its machine cannot be reached, and goes with the row", async () => {
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  const ref = await startOffered(line);
  await tellFact(line, ref, exited({ tail: btoa("the \0last words\n") }));
  await untilState("SUCCESS");
  line.close();
  await vi.waitFor(async () => {
    const { items } = (await (await callAsAdmin("/runners")).json()) as { items: { connected: boolean }[] };
    expect(items[0]?.connected).toBe(false);
  }, OFTEN);
  await tellUcloud();
  const socket = await CoreSocket.today(aJob());
  await socket.isClosed(1000);
  expect(socket.stderr).toBe("[The machine that ran the job does not answer; this is the last part of the log]\n");
  expect(socket.stdout).toBe("the last words\n");
});

test("a machine type whose output stays at the site offers no logs and shows none", async () => {
  const PRODUCTS_AT_SITE = JSON.stringify([{ ...PRODUCTS[0], output: "site" }]);
  const token = await coreToken();
  const asked = (path: string, body?: unknown) =>
    callWith({ PRODUCTS: PRODUCTS_AT_SITE }, `/ucloud/ucloud${path}`, { token, body });
  expect(await (await asked("/jobs/retrieveProducts")).json()).toMatchObject({
    responses: [{ docker: { logs: false } }],
  });
  expect((await asked("/jobs", bulk(aJob()))).status).toBe(200);
  const socket = await CoreSocket.today(aJob());
  await socket.isClosed(1000);
  expect(socket.stderr).toBe("[The output of this machine type's jobs stays at the site]\n");
});
