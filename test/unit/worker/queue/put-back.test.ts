/** A queue that was put back to an earlier moment while its runners' sockets went on. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner, STARTED } from "../../../support/queue/test-runner.ts";

test("a runner that it does not know any more is to connect anew, and is not told that it was removed", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  queue.queue.state.ports.sql.rows("DELETE FROM runner");
  queue.restart({ keepsSockets: true });

  await runner.fact(ref, STARTED);

  expect(runner.line.heard("bye")).toEqual([]);
  expect(runner.line.closed?.code).toBe(4410);
  expect(await runner.reconnect([{ ref, phase: "running" }])).toMatchObject([{ ref, verdict: "keep" }]);
});
