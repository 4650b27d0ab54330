/** A status line that waits for its turn is about the runner that had the job then, and is not told of it afterwards. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const ENOUGH_MS = 60_000;

/** A job whose first line was told and whose second one waits. */
async function aWaitingLine() {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await runner.say({ type: "progress", ref, text: "10 %" });
  await queue.pass(1_000);
  await runner.say({ type: "progress", ref, text: "95 %" });
  return { queue, runner, ref };
}

test("it is told in its turn while its runner goes on", async () => {
  const { queue } = await aWaitingLine();

  await queue.pass(ENOUGH_MS);

  expect(queue.core.told("1").map(({ status }) => status)).toEqual(["10 %", "95 %"]);
});

test("it is not told of a job that runs by then", async () => {
  const { queue, runner, ref } = await aWaitingLine();

  await advance(runner, ref, "claimed", "running");
  await queue.pass(ENOUGH_MS);

  expect(queue.core.told("1").map(({ status }) => status)).toEqual(["10 %", "The job is now running!"]);
});

type Scene = Awaited<ReturnType<typeof aWaitingLine>>;
const LOSSES: [string, (scene: Scene) => Promise<unknown>][] = [
  ["gave it back", ({ runner, ref }) => runner.refuse(ref, { code: "no_room" })],
  ["could not start it", ({ runner, ref }) => runner.refuse(ref, { code: "pull_failed" })],
  ["was removed", async ({ queue, runner }) => queue.queue.revoke(runner.id)],
  ["came back without it", ({ runner }: { runner: TestRunner }) => runner.reconnect([])],
];

test.each(LOSSES)("it is not told when its runner %s", async (_, lose) => {
  const scene = await aWaitingLine();

  await lose(scene);
  await scene.queue.pass(ENOUGH_MS);

  expect(scene.queue.core.told("1").map(({ status }) => status)).toEqual(["10 %"]);
});
