/** The word that creates were answered is gathered for a moment, over all requests of an isolate. */
import { env } from "cloudflare:workers";
import { expect, onTestFinished, test, vi } from "vitest";
import { JobQueue } from "../../../worker/index.ts";
import { tellAnswered } from "../../../worker/ucloud/answered.ts";
import { advance } from "../support/clock.ts";

const identity = (id: string) => ({ id, createdAt: 1, owner: { createdBy: "alice", project: null } });

/** As a request that answered the create of job `id`. */
function tell(id: string): Promise<void> {
  return tellAnswered(env, new Map([["example-compute", [identity(id)]]]));
}

test("the words of one moment go in one call", async () => {
  const answered = vi.spyOn(JobQueue.prototype, "answered");
  await Promise.all([tell("1"), tell("2")]);
  expect(answered.mock.calls).toEqual([[[identity("1"), identity("2")]]]);
});

test("a request that the platform ended while it gathered does not swallow what comes after it", async () => {
  const answered = vi.spyOn(JobQueue.prototype, "answered");
  // Its timer never fires, so it never tells.
  const never = setTimeout(() => {}, 3_600_000);
  onTestFinished(() => clearTimeout(never));
  const timer = vi.spyOn(globalThis, "setTimeout").mockReturnValueOnce(never);
  void tell("1");
  timer.mockRestore();
  await tell("2");
  expect(answered).not.toHaveBeenCalled();

  advance(1_001);
  await tell("3");

  expect(answered.mock.calls).toEqual([[[identity("3")]]]);
});
