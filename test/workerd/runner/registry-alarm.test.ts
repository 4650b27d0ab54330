/** What the Registry has to tell is told even if it goes from memory, and the newest word wins. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { JobQueue } from "../../../worker/index.ts";
import { callAsAdmin } from "../support/gateway.ts";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, type Runner } from "../support/runner-client.ts";

const real = { revoke: JobQueue.prototype.revoke, reinstate: JobQueue.prototype.reinstate };

const registry = () => env.REGISTRY.getByName("registry");

async function alarmInMs(): Promise<number | null> {
  const atMs = await runInDurableObject(registry(), (_instance, { storage }) => storage.getAlarm());
  return atMs === null ? null : atMs - Date.now();
}

async function revoke({ id }: Runner): Promise<number> {
  return (await callAsAdmin(`/runners/${id}/revoke`, { reason: "stolen" })).status;
}

async function isRevoked({ id }: Runner): Promise<boolean | undefined> {
  return (await queue().runners()).find((runner) => runner.id === id)?.revoked;
}

test("the alarm is set before the queue is told of a revocation, and gone when it has confirmed", async () => {
  const runner = await anEnrolledRunner();
  const during: (number | null)[] = [];
  vi.spyOn(JobQueue.prototype, "revoke").mockImplementation(async function (this: JobQueue, ...given) {
    during.push(await alarmInMs());
    return real.revoke.apply(this, given);
  });

  expect(await revoke(runner)).toBe(200);

  expect(during).toEqual([60_000]);
  expect(await alarmInMs()).toBeNull();
});

test("the alarm is set before the queue is told of an enrolment that replaces another", async () => {
  await anEnrolledRunner();
  const during: (number | null)[] = [];
  vi.spyOn(JobQueue.prototype, "reinstate").mockImplementation(async function (this: JobQueue, ...given) {
    during.push(await alarmInMs());
    return real.reinstate.apply(this, given);
  });

  await anEnrolledRunner();

  expect(during).toEqual([60_000]);
  expect(await alarmInMs()).toBeNull();
});

test("a first enrolment has nothing to tell", async () => {
  await anEnrolledRunner();
  expect(await alarmInMs()).toBeNull();
});

test("a word that was overtaken changes nothing, and the newer one is said again", async () => {
  const runner = await anEnrolledRunner();
  vi.spyOn(JobQueue.prototype, "reinstate").mockImplementationOnce(async function (this: JobQueue, ...given) {
    // Revoked while this word is on its way.
    expect(await revoke(runner)).toBe(200);
    return real.reinstate.apply(this, given);
  });
  const told = vi.spyOn(JobQueue.prototype, "revoke");

  await anEnrolledRunner();

  expect(await isRevoked(runner)).toBe(true);
  await runDurableObjectAlarm(registry());
  expect(told).toHaveBeenCalledTimes(2);
  expect(await isRevoked(runner)).toBe(true);
  expect(await alarmInMs()).toBeNull();
});
