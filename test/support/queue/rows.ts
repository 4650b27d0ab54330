/** Every kind of row that a runner may speak about, brought about by frames and calls alone. */
import type { Ref } from "../../../shared/ids.ts";
import { advance, bring } from "./journey.ts";
import { aJob } from "./new-job.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";
import { aCapacity, anExit, aRunner, CLOSED, type TestRunner } from "./test-runner.ts";

type Scene = { queue: QueueUnderTest; runner: TestRunner };

const ROWS: Record<string, (scene: Scene) => Promise<Ref>> = {
  offered: ({ queue, runner }) => bring(queue, runner, "offered"),
  claimed: ({ queue, runner }) => bring(queue, runner, "claimed"),
  starting: ({ queue, runner }) => bring(queue, runner, "starting"),
  running: ({ queue, runner }) => bring(queue, runner, "running"),
  "starting, cancel asked": async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "starting");
    queue.terminate(aJob());
    return ref;
  },
  "running, cancel asked": async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "running");
    queue.terminate(aJob());
    return ref;
  },
  done: ({ queue, runner }) => bring(queue, runner, "done"),
  "done, cancel owed": async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "running");
    runner.fallSilent();
    await queue.pass(queue.times.leaseMs + 1);
    queue.terminate(aJob());
    return ref;
  },
  "mute, cancel owed": async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "running");
    await runner.report(aCapacity({ change: CLOSED }));
    queue.create(aJob({ createdAt: 2 }));
    return ref;
  },
  "mute, settled": async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "running");
    await runner.report(aCapacity({ change: CLOSED }));
    queue.create(aJob({ createdAt: 2 }));
    await runner.fact(ref, anExit({ cause: "cancelled" }));
    return ref;
  },
  queued: async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "offered");
    await runner.report(aCapacity({ change: CLOSED }));
    await queue.pass(queue.times.offerMs);
    return ref;
  },
  "at another runner": async ({ queue, runner }) => {
    await runner.report(aCapacity({ change: CLOSED }));
    return bring(queue, await aRunner(queue, { id: "runner-2" }), "running");
  },
  "another attempt": async ({ queue, runner }) => {
    const ref = await bring(queue, runner, "claimed");
    await runner.refuse(ref, { code: "no_room" });
    await runner.report();
    await advance(runner, runner.offered(), "offered", "running");
    return ref;
  },
  "another incarnation": async ({ queue, runner }) => ({
    ...(await bring(queue, runner, "running")),
    incarnation: "f".repeat(16),
  }),
  "another rank": async ({ queue, runner }) => ({ ...(await bring(queue, runner, "running")), rank: 1 }),
  unknown: async () => ({ job: "99", incarnation: "f".repeat(16), attempt: 1, rank: 0 }),
};

/** The attempt of job 1 (of `99` where the queue knows none) that `runner` will name. */
export function makeRow(row: string, scene: Scene): Promise<Ref> {
  const make = ROWS[row];
  if (make === undefined) {
    throw new Error(`no row ${row}`);
  }
  return make(scene);
}
