/**
 * Three hundred runners lose their lines at once, as in a gateway's deploy, twice in a row. They come back spread
 * over the windows that their welcomes gave them.
 */
import { expect, test } from "vitest";
import { redialAfterMs } from "../../../../runner/reconnect.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { TestRunner } from "../../../support/queue/test-runner.ts";
import { Dice } from "../../../support/simulation/dice.ts";

const RUNNERS = 300;
/** In the first deploy: those who came when there were few were told to come back within a second. */
const MOST_AT_FIRST = 200;
/** From then on: what the gateway asks for, and as much again for chance. */
const MOST = 100;

/** The windows that they are given, in the order in which they come. */
async function connectAll(runners: TestRunner[]): Promise<Map<TestRunner, number>> {
  const windows = new Map<TestRunner, number>();
  for (const runner of runners) {
    runner.reopen();
    await runner.hello();
    windows.set(runner, runner.welcome().reconnectWindowMs);
  }
  return windows;
}

function mostInASecond(times: number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length));
}

function deploy(queue: QueueUnderTest): void {
  queue.restart({ keepsSockets: false });
}

test("after a deploy no second sees more than its share of three hundred runners", { timeout: 120_000 }, async () => {
  const queue = openQueue();
  const dice = new Dice(1);
  const ids = Array.from({ length: RUNNERS }, (_, index) => `runner-${index}`);
  let windows = await connectAll(ids.map((id) => new TestRunner(queue, { id })));
  for (const most of [MOST_AT_FIRST, MOST]) {
    deploy(queue);
    const back = [...windows].map(([runner, windowMs]) => {
      return { runner, atMs: redialAfterMs({ is: "lost", windowMs }, 0, dice.next()) };
    });
    expect(mostInASecond(back.map(({ atMs }) => atMs))).toBeLessThanOrEqual(most);
    back.sort((a, b) => a.atMs - b.atMs);
    windows = await connectAll(back.map(({ runner }) => runner));
  }
});

test("runners that have been gone for longer than the lease are not counted", async () => {
  const queue = openQueue();
  for (let index = 0; index < 200; index++) {
    const gone = new TestRunner(queue, { id: `gone-${index}` });
    await gone.hello();
    queue.loseLine(gone.line);
  }
  await queue.pass(queue.times.leaseMs + 1);
  const runner = new TestRunner(queue);
  await runner.hello();
  expect(runner.welcome().reconnectWindowMs).toBe(1_000);
});
