/** The user's cancel, in every phase of a job. */
import { describe, expect, test } from "vitest";
import { cancelSilentText, cancelText } from "../../../../worker/queue/words.ts";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED } from "../../../support/queue/test-runner.ts";

const CANCELLED = { state: "SUCCESS", status: "The job was cancelled.", expectedDifferentState: true };

test("queued: over at once, and never offered", async () => {
  const queue = openQueue();
  queue.create(aJob());

  queue.terminate(aJob());
  const runner = await aRunner(queue);
  await queue.pass(1_000);

  expect(queue.core.told("1")).toEqual([CANCELLED]);
  expect(runner.offers()).toEqual([]);
});

test("held: over at once, and its hold does not bring it back", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.beKnown(aJob());
  queue.queue.create([aJob()], "hold-1");
  queue.queue.answered([aJob()]);

  queue.terminate(aJob());
  queue.queue.release("hold-1");
  await queue.pass(1_000);

  expect(queue.core.told("1")).toEqual([CANCELLED]);
  expect(runner.offers()).toEqual([]);
});

test.each([["offered"], ["claimed"]] as [Stage][])(
  "%s: over at once, the runner forgets what it prepared and gets no `go` any more",
  async (stage) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, stage);

    queue.terminate(aJob());
    expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref }]);
    await runner.accept(ref, true);
    await runner.ready(ref);
    await queue.pass(1_000);

    expect(runner.line.heard("go")).toEqual([]);
    expect(queue.core.told("1")).toEqual([CANCELLED]);
  },
);

test("starting: the runner is asked, and its word ends the job", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  queue.terminate(aJob());
  await queue.pass(1_000);
  expect(runner.line.heard("cancel")).toEqual([{ type: "cancel", ref }]);
  expect(queue.core.states("1")).toEqual([]);

  await runner.fact(ref, { kind: "not-started", failure: { code: "podman_failed" } });
  await queue.pass(1_000);
  expect(queue.core.told("1")).toEqual([CANCELLED]);
});

test("running: the runner is asked, and the job goes on until it says that the program ended", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");

  queue.terminate(aJob());
  await queue.pass(60_000);
  expect(runner.line.heard("cancel")).toEqual([{ type: "cancel", ref }]);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);

  await runner.fact(ref, anExit({ cause: "cancelled", exitCode: 143 }));
  await queue.pass(1_000);
  expect(queue.core.told("1").at(-1)).toEqual(CANCELLED);
});

test("running, and the runner was not there: the cancel is the verdict in each welcome until the end", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.loseLine(runner.line);

  queue.terminate(aJob());

  expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "cancel" }]);
  expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "cancel" }]);
});

describe("running on a machine that is silent for longer than the lease", () => {
  test("is over at once; the text says that the machine does not answer, the verdict stays until it has", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    runner.fallSilent();
    await queue.pass(queue.times.leaseMs + 1);

    queue.terminate(aJob());
    await queue.pass(1_000);

    const end = { ...CANCELLED, status: cancelSilentText(null) };
    expect(queue.core.told("1").at(-1)).toEqual(end);
    expect(end.status).toContain("does not answer");
    expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "cancel" }]);
    await runner.fact(ref, anExit({ cause: "cancelled" }));
    expect(runner.lastAnswer()).toBe("forget");
    expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "forget" }]);
    await queue.pass(1_000);
    expect(queue.core.told("1").at(-1)).toEqual(end);
  });

  test("is not over while the silence is shorter", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running");
    runner.fallSilent();
    await queue.pass(queue.times.leaseMs);

    queue.terminate(aJob());

    expect(queue.stateOf(queue.row("1"))).toBe("running");
  });

  test("that falls silent after the cancel: over when the lease is", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    runner.fallSilent();
    queue.terminate(aJob());

    await queue.pass(queue.times.leaseMs + 1_000);

    expect(queue.core.told("1").at(-1)).toEqual({ ...CANCELLED, status: cancelSilentText(null) });
    expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "cancel" }]);
  });
});

test("finished: nothing changes and nothing is told again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");
  await queue.pass(1_000);
  const told = queue.core.told("1");

  queue.terminate(aJob());
  await queue.pass(60_000);

  expect(queue.core.told("1")).toEqual(told);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("unknown: a row born done is told after the guard, and a create that arrives later finds it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.beKnown(aJob());

  queue.terminate(aJob());
  await queue.pass(queue.times.guardMs - 1);
  expect(queue.core.taken).toEqual([]);
  await queue.pass(1);
  expect(queue.core.told("1")).toEqual([CANCELLED]);

  expect(queue.queue.create([aJob()], null)).toMatchObject({ kind: "stored" });
  await queue.pass(60_000);
  expect(runner.offers()).toEqual([]);
  expect(queue.core.told("1")).toEqual([CANCELLED]);
});

test("twice: the same cancel", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");

  queue.terminate(aJob(), aJob());
  queue.terminate(aJob());
  await runner.fact(ref, anExit({ cause: "cancelled" }));
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("an administrator's cancel does the same, and the user reads the reason", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  expect(queue.queue.cancel("1", "maintenance\0 tonight")).toMatchObject({ id: "1", state: "starting" });
  await runner.fact(ref, STARTED);
  await runner.fact(ref, anExit({ cause: "cancelled" }));
  await queue.pass(1_000);

  expect(queue.core.told("1").at(-1)?.status).toBe("The job was cancelled by the site: maintenance tonight");
  expect(cancelText(null)).not.toContain("site");
  expect(queue.queue.cancel("99", "no such job")).toBeNull();
});

test("unknown here but over at UCloud, because its row was removed long ago: nothing is told", async () => {
  const queue = openQueue();
  queue.beKnown(aJob());

  queue.queue.terminate([{ ...identityOf(aJob()), isOver: true }]);
  await queue.pass(60_000);

  expect(queue.core.calls).toEqual([]);
  expect(queue.queue.job("1")).toBeNull();
});

test("a runner that says `ready` again after the cancel is told to cancel, never to go", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  queue.terminate(aJob());
  const granted = runner.line.heard("go").length;

  await runner.ready(ref);

  expect(runner.line.heard("go")).toHaveLength(granted);
  expect(runner.line.heard("cancel")).toEqual([
    { type: "cancel", ref },
    { type: "cancel", ref },
  ]);
});
