/** Jobs whose log somebody looks at: who is asked for it, what a relay is told, and what is kept of the output. */
import { describe, expect, test } from "vitest";
import type { Ref } from "../../../../shared/ids.ts";
import { findJob, mayServe } from "../../../../worker/queue/watches.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED, type TestRunner } from "../../../support/queue/test-runner.ts";

const TAIL = Buffer.from("the last words").toString("base64");

function keyOf({ job, incarnation }: Ref) {
  return { id: job, incarnation };
}

async function aRunningJob(queue: QueueUnderTest): Promise<{ runner: TestRunner; ref: Ref }> {
  const runner = await aRunner(queue);
  return { runner, ref: await bring(queue, runner, "running") };
}

function opened(runner: TestRunner): Ref[] {
  return runner.line.heard("open").map(({ ref }) => ref);
}

test.each(["offered", "claimed", "starting"] as const)(
  "nobody is asked for the log of a job that is %s",
  async (stage) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, stage);
    expect(queue.queue.watch(keyOf(ref), true)).toMatchObject({ state: "waiting", isAsked: false, isTold: false });
    expect(opened(runner)).toEqual([]);
  },
);

test("the runner of a running job is asked, each time with the same nonce", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  expect(queue.queue.watch(keyOf(ref), true)).toMatchObject({ state: "running", runner: runner.id, isAsked: true });
  queue.queue.watch(keyOf(ref), true);
  queue.queue.watch(keyOf(ref), false);
  const [first, second, ...others] = runner.line.heard("open");
  expect(first).toEqual({ type: "open", ref, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(second).toEqual(first);
  expect(others).toEqual([]);
});

test("a relay hears of the start, the end and what UCloud knows, and of nothing else", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  queue.queue.watch(keyOf(ref), true);
  await runner.say({ type: "progress", ref, text: "Pulling" });
  await queue.pass(1_000);
  expect(queue.relayed).toEqual([]);
  await advance(runner, ref, "claimed", "running");
  await queue.pass(1_000);
  await runner.fact(ref, anExit({ tail: TAIL }));
  await queue.pass(1_000);
  expect(queue.relayed).toMatchObject([
    { state: "waiting", runner: null },
    { state: "running", runner: runner.id, tail: null },
    { state: "over", runner: runner.id, isTold: false, tail: TAIL },
    { state: "over", runner: runner.id, isTold: true },
  ]);
});

test("a relay that was told off hears nothing more", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.queue.watch(keyOf(ref), true);
  queue.queue.unwatch(keyOf(ref));
  await runner.fact(ref, anExit());
  await queue.pass(1_000);
  expect(queue.relayed).toEqual([]);
});

test("that somebody looks survives a restart, and a turn that could not be written", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.isDiskFull = true;
  expect(() => queue.queue.watch(keyOf(ref), true)).toThrow();
  queue.isDiskFull = false;
  await runner.fact(ref, STARTED);
  queue.queue.watch(keyOf(ref), true);
  queue.restart({ keepsSockets: true });
  await runner.fact(ref, anExit());
  expect(queue.relayed).toMatchObject([{ state: "over" }]);
});

test("a runner that is back is reported to the relays of what it has, ended jobs too", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.queue.watch(keyOf(ref), true);
  queue.loseLine(runner.line);
  expect(queue.queue.watch(keyOf(ref), true)).toMatchObject({ isAsked: false });
  await runner.reconnect([{ ref, phase: "running" }]);
  expect(queue.relayed).toMatchObject([{ id: "1", isRunnerBack: true, state: "running" }]);
  await runner.fact(ref, anExit());
  await runner.reconnect();
  expect(queue.relayed.at(-1)).toMatchObject({ id: "1", isRunnerBack: true, state: "over" });
});

test("a machine that is silent is not asked", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  runner.fallSilent();
  queue.nowMs += 3 * queue.times.pingMs + 1;
  expect(queue.queue.watch(keyOf(ref), true)).toMatchObject({ isAsked: false });
  expect(opened(runner)).toEqual([]);
});

describe("who may bring the log", () => {
  test("only the runner that has it, of that attempt, with the nonce of the question", async () => {
    const queue = openQueue();
    const { runner, ref } = await aRunningJob(queue);
    queue.queue.watch(keyOf(ref), true);
    const nonce = runner.line.heard("open")[0]?.nonce ?? "";
    const may = (change: Partial<{ attempt: number; runner: string; nonce: string }> = {}) => {
      const asked = { attempt: ref.attempt, runner: runner.id, nonce, ...change };
      return mayServe(queue.queue.state, { ...keyOf(ref), attempt: asked.attempt }, asked.runner, asked.nonce);
    };
    expect([may(), may({ attempt: 2 }), may({ runner: "another" }), may({ nonce: "0" })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    await runner.fact(ref, anExit());
    expect(may()).toBe(true);
    queue.queue.unwatch(keyOf(ref));
    expect(may()).toBe(false);
    queue.queue.watch(keyOf(ref), true);
    queue.queue.revoke(runner.id);
    expect(may({ nonce: queue.queue.state.watches.nonce(keyOf(ref)) ?? "" })).toBe(false);
  });
});

describe("the tail", () => {
  test("is kept with the end and goes with the row", async () => {
    const queue = openQueue();
    const { runner, ref } = await aRunningJob(queue);
    queue.queue.watch(keyOf(ref), true);
    await runner.fact(ref, anExit({ tail: TAIL }));
    expect(queue.queue.state.jobs.tail(keyOf(ref))).toBe(TAIL);
    await queue.pass(queue.times.keepMs + 3_600_000);
    expect(queue.queue.state.jobs.get(keyOf(ref))).toBeNull();
    expect(queue.queue.state.watches.all()).toEqual([]);
  });

  test("of a job whose output stays at the site is not kept, whatever the runner sends, and it has no log", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const job = aJob({ plan: { output: "site" } });
    const ref = await bring(queue, runner, "running", job);
    await runner.fact(ref, anExit({ tail: TAIL }));
    expect(queue.queue.state.jobs.tail(keyOf(ref))).toBeNull();
    expect(queue.queue.watch(keyOf(ref), true)).toBeNull();
    expect(findJob(queue.queue.state, identityOf(job))?.output).toBe("site");
  });

  test("of a fact that comes after the end changes nothing", async () => {
    const queue = openQueue();
    const { runner, ref } = await aRunningJob(queue);
    await runner.fact(ref, anExit({ tail: TAIL }));
    await runner.fact(ref, anExit({ tail: Buffer.from("others").toString("base64") }));
    expect(queue.queue.state.jobs.tail(keyOf(ref))).toBe(TAIL);
  });
});
