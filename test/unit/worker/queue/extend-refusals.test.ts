/** Jobs whose running time cannot be extended now: refused by name, and of the whole call nothing is done. */
import { describe, expect, test } from "vitest";
import type { Extension } from "../../../../worker/queue/api.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const JOB = aJob({ maxWallMs: 4 * HOUR });

function extension(change: Partial<Extension> = {}): Extension {
  return { ...identityOf(JOB), allocatedMs: HOUR, requestedMs: HOUR, ...change };
}

const extend = ({ queue }: QueueUnderTest, ...asked: Extension[]) => queue.extend(asked);

describe("refused, and nothing of the call is done", () => {
  test.each<[string, Extension, string]>([
    ["a job that nobody knows", extension({ id: "2" }), "unknown"],
    ["another job of that id", extension({ createdAt: 1 }), "unknown"],
    ["a longer time than the machine type's", extension({ requestedMs: 3 * HOUR + 1_000 }), "too_long"],
  ])("%s", async (_name, bad, code) => {
    const queue = openQueue();
    queue.create(JOB);
    expect(extend(queue, extension(), bad)).toMatchObject({ kind: "refused", index: 1, code });
    expect(queue.row("1").terms.wallMs).toBe(HOUR);
  });

  test("a job that has ended", async () => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), "done", JOB);
    expect(extend(queue, extension())).toEqual({ kind: "refused", index: 0, code: "ended" });
  });

  test("a job that is being stopped", async () => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), "running", JOB);
    queue.terminate(JOB);
    expect(extend(queue, extension())).toEqual({ kind: "refused", index: 0, code: "ending" });
  });

  test("a job whose time is over, though its node has not said so yet", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running", JOB);
    await queue.pass(HOUR - 1);
    expect(extend(queue, extension())).toEqual({ kind: "done" });
    await queue.pass(HOUR + 1);
    expect(extend(queue, extension({ allocatedMs: 2 * HOUR }))).toEqual({ kind: "refused", index: 0, code: "used_up" });
  });
});
