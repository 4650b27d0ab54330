/** A runner's line: challenged, proven, superseded by its next; and one key on two machines. */
import { describe, expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { CATEGORY, openQueue, signed } from "../../../support/queue/queue-under-test.ts";
import { aRunner, STARTED, TestRunner } from "../../../support/queue/test-runner.ts";

const OTHER_INSTANCE = "2".repeat(16);

test("an open line is challenged, each with a nonce of its own", () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);
  const first = runner.line.heard("challenge")[0]?.nonce;
  const second = runner.reopen().heard("challenge")[0]?.nonce;

  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(second).not.toBe(first);
});

test("a proven hello is welcomed with everything a runner needs to know", async () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);

  await runner.hello();

  const { pingMs, pongMs, leaseMs, startMs, stopMarginMs } = queue.times;
  expect(runner.line.frames.slice(1)).toEqual([
    {
      type: "welcome",
      runner: { id: "runner-1", name: "runner-1" },
      times: { pingMs, pongMs, leaseMs, startMs, stopMarginMs },
      now: queue.nowMs,
      reconnectWindowMs: 1_000,
      oldestVersion: "0.1.0",
      verdicts: [],
    },
  ]);
});

test("the more runners there are, the longer the window in which they come back after a restart", async () => {
  const queue = openQueue();
  for (let index = 0; index < 120; index++) {
    new TestRunner(queue, { id: `runner-${index + 2}` });
  }
  const runner = await aRunner(queue);

  expect(runner.welcome().reconnectWindowMs).toBeGreaterThan(2_000);
});

const WRONG: [string, Partial<Parameters<typeof signed>[0]>][] = [
  ["by another key", { publicKey: "another key" }],
  ["of another socket's nonce", { nonce: "0".repeat(32) }],
  ["by another runner", { runner: "runner-2" }],
  ["for another category", { category: "other-compute" }],
  ["by another instance", { instance: OTHER_INSTANCE }],
];

test.each(WRONG)("a proof %s closes the line with 4401 and tells nothing", async (_, change) => {
  const queue = openQueue();
  const runner = new TestRunner(queue);
  const nonce = runner.line.heard("challenge")[0]?.nonce ?? "";
  const { publicKey, instance, id } = runner;
  const proof = signed({ publicKey, nonce, runner: id, category: CATEGORY, instance, ...change });
  queue.create(aJob());

  await runner.hello({ proof });

  expect(runner.line.closed?.code).toBe(4401);
  expect(runner.line.frames.map(({ type }) => type)).toEqual(["challenge"]);
  expect(queue.queue.state.runners.get(runner.id)).toBeNull();
});

test("a line without a proven hello is closed after ten seconds, one with it is not", async () => {
  const queue = openQueue();
  const proven = await aRunner(queue, { id: "runner-2" });
  const mute = new TestRunner(queue);

  await queue.pass(9_999);
  expect(mute.line.closed).toBeNull();
  await queue.pass(1);

  expect(mute.line.closed).toEqual({ code: 4400, reason: "no hello" });
  expect(proven.line.closed).toBeNull();
});

describe("a second socket of the same process", () => {
  test("wins, and the older one is closed with 4410", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const old = runner.line;

    await runner.reconnect();

    expect(old.closed?.code).toBe(4410);
    expect(runner.line.closed).toBeNull();
  });

  test("does not win before it has proven itself", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const old = runner.line;

    runner.reopen();
    queue.create(aJob());

    expect(old.closed).toBeNull();
    expect(old.heard("offer")).toHaveLength(1);
  });

  test("makes frames that the older one still delivers count for nothing", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "starting");
    const old = runner.line;
    await runner.reconnect([{ ref, phase: "granted" }]);
    old.closed = null;

    await runner.say({ type: "fact", ref, fact: STARTED }, old);

    expect(old.closed).toMatchObject({ code: 4410 });
    expect(old.heard("ack")).toEqual([]);
    expect(queue.stateOf(queue.row("1"))).toBe("starting");
  });

  test("is not written off when the older socket's end is noticed afterwards", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const old = runner.line;
    await runner.reconnect();
    queue.queue.closed(old);

    queue.create(aJob());

    expect(runner.offers()).toHaveLength(1);
    expect(queue.queue.state.runners.get(runner.id)?.lastSignMs).toBeNull();
  });

  test("and a hello again on the older one: 4410", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const old = runner.line;
    const again = JSON.stringify(runner.aHello());
    await runner.reconnect();
    old.closed = null;

    await runner.sayText(again, old);

    expect(old.closed).toMatchObject({ code: 4410 });
    expect(runner.line.closed).toBeNull();
  });
});

describe("the same key on another machine", () => {
  test("is refused with 4409, and told when to try again, while the first one pings", async () => {
    const queue = openQueue();
    const first = await aRunner(queue);
    const second = new TestRunner(queue, { instance: OTHER_INSTANCE });

    await second.hello();

    const waitMs = queue.times.pingMs + queue.times.pongMs;
    expect(second.line.heard("bye")).toEqual([{ type: "bye", reason: "other instance", retryAfterMs: waitMs }]);
    expect(second.line.closed?.code).toBe(4409);
    expect(first.line.closed).toBeNull();
    expect(queue.queue.state.runners.get(first.id)?.instance).toBe(first.instance);
  });

  test("is welcomed when the first has been silent for a ping and a pong, and the first is closed", async () => {
    const queue = openQueue();
    const first = await aRunner(queue);
    first.fallSilent();
    const silentMs = queue.times.pingMs + queue.times.pongMs;
    queue.nowMs += silentMs - 1;
    const second = new TestRunner(queue, { instance: OTHER_INSTANCE });
    await second.hello();
    expect(second.line.heard("bye")[0]?.retryAfterMs).toBe(1);

    queue.nowMs += 1;
    second.reopen();
    await second.hello();

    expect(second.welcome()).toBeDefined();
    expect(first.line.closed?.code).toBe(4410);
  });

  test("is welcomed at once when the first one's socket is gone", async () => {
    const queue = openQueue();
    const first = await aRunner(queue);
    queue.loseLine(first.line);
    const second = new TestRunner(queue, { instance: OTHER_INSTANCE });

    await second.hello();

    expect(second.welcome()).toBeDefined();
  });

  test("does not take over what the first one runs: unnamed, it ends with a sentence", async () => {
    const queue = openQueue();
    const first = await aRunner(queue);
    await bring(queue, first, "running");
    queue.loseLine(first.line);

    await new TestRunner(queue, { instance: OTHER_INSTANCE }).hello();

    expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
  });
});

test("a hello that grew a field of a later version is understood", async () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);

  await runner.sayText(JSON.stringify({ ...runner.aHello(), mood: "good" }));

  expect(runner.welcome().verdicts).toEqual([]);
});

test("sockets, sessions and what is offered survive that the object leaves memory", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  queue.restart({ keepsSockets: true });
  await runner.ready(ref);

  expect(runner.line.heard("go")).toEqual([{ type: "go", ref }]);
});
