/** `POST /admin/restore`: all objects to one moment, and nobody is offered anything before the queues are paused. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { JobQueue, Registry } from "../../../worker/index.ts";
import { callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, aWelcomedLine, upgrade, upgradeToken } from "../support/runner-client.ts";

const DAY = 86_400_000;
const restore = (to: unknown) => callAsAdmin("/restore", { reason: "the disk was lost", to });

/** The platform's copies, which it keeps nowhere on one machine; each object breaks when it goes back. */
function keepCopies(whileGone: () => Promise<void> = async () => {}): string[] {
  const acts: string[] = [];
  for (const [kind, object] of Object.entries({ JobQueue, Registry })) {
    vi.spyOn(object.prototype, "copyOf").mockImplementation(async (atMs) => {
      acts.push(`copy ${kind}`);
      return `${kind} at ${atMs}`;
    });
    vi.spyOn(object.prototype, "goBack").mockImplementation(async (copy) => {
      acts.push(`back ${copy}`);
      await whileGone();
      throw new Error("put back");
    });
  }
  return acts;
}

test("queues go first and are paused before any runner is let in; the Registry goes last", async () => {
  const runner = await anEnrolledRunner();
  await createJob();
  const statuses: number[] = [];
  const acts = keepCopies(async () => {
    statuses.push((await upgrade({ token: await upgradeToken(runner) })).status);
  });
  const to = Date.now() - DAY;

  const response = await restore(to);

  expect(response.status).toBe(200);
  const paused = { by: "admin", reason: "the disk was lost" };
  expect(await response.json()).toMatchObject({ items: [{ paused }, { paused }] });
  expect(acts.slice(0, 3).toSorted()).toEqual(["copy JobQueue", "copy JobQueue", "copy Registry"]);
  expect(acts.slice(3)).toEqual([`back JobQueue at ${to}`, `back JobQueue at ${to}`, `back Registry at ${to}`]);
  expect(statuses).toEqual([503, 503, 503]);
  (await aWelcomedLine(runner)).close();
  expect(await queue().summary()).toMatchObject({ queued: 1, restoredSince: Date.now() });
});

test("an object takes the copy with its next start, and ends this one", async () => {
  const acts: unknown[] = [];
  await runInDurableObject(queue(), async (instance, { storage }) => {
    vi.spyOn(storage, "onNextSessionRestoreBookmark").mockImplementation(async (copy) => {
      acts.push(copy);
      return copy;
    });
    const { ctx } = Object.getOwnPropertyDescriptors(instance);
    vi.spyOn(ctx?.value, "abort").mockImplementation(() => void acts.push("abort"));
    await instance.goBack("a copy");
  });
  expect(acts).toEqual(["a copy", "abort"]);
});

test("where there is no copy nothing is changed", async () => {
  const why = await expectError(await restore(Date.now() - DAY), 409, "CONFLICT");
  expect(why).toContain("no copy of this moment");
  expect((await queue().summary()).paused).toBeNull();
  (await aWelcomedLine(await anEnrolledRunner())).close();
});

test.each([
  ["a moment to come", () => Date.now() + 1],
  ["one of more than 30 days ago", () => Date.now() - 31 * DAY],
  ["none", () => null],
])("%s is refused", async (_name, to) => {
  expect(await expectError(await restore(to()), 400)).toContain("to: ");
});
