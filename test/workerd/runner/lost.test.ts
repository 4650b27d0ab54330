/** Giving a machine up, and taking one off the lists. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob, shownJob, startOffered } from "../support/job-life.ts";
import { CATEGORIES, queue } from "../support/queues.ts";
import { loseWordsTo, registry } from "../support/registry.ts";
import { anEnrolledRunner, aWelcomedLine, type Runner, upgrade, upgradeToken } from "../support/runner-client.ts";

const say = (verb: string, { id }: Runner) => callAsAdmin(`/runners/${id}/${verb}`, { reason: "burnt down" });
const isClosed = (runner: Runner) =>
  vi.waitFor(async () => {
    const [seen] = await queue().runners();
    expect(seen).toMatchObject({ id: runner.id, connected: false });
  });

test("its started job has failed, the other goes elsewhere, and what it brings back it must drop", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  await createJob({ id: "1" });
  const ref = await startOffered(line);
  await createJob({ id: "2" });
  await line.next("offer");
  line.close();
  await isClosed(runner);
  const other = await aWelcomedLine(await anEnrolledRunner({ name: "node-2" }));

  const response = await say("lost", runner);

  expect([response.status, await response.json()]).toEqual([
    200,
    { id: runner.id, name: "node-1", categories: ["example-compute"], drained: null, revoked: false, open: [] },
  ]);
  expect(await shownJob("1")).toMatchObject({ state: "FAILURE", runner: null });
  expect((await other.next("offer")).ref).toMatchObject({ job: "2", attempt: 2 });
  const back = await aWelcomedLine(runner);
  await back.sayHello({ inventory: [{ ref, phase: "running" }] });
  expect((await back.next("welcome")).verdicts).toEqual([{ ref, verdict: "forget" }]);
});

test("a queue that cannot be reached hears of it later", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  await createJob();
  await startOffered(line);
  loseWordsTo("example-compute");
  expect(await (await say("lost", runner)).json()).toMatchObject({ open: ["example-compute"] });
  expect((await shownJob()).state).toBe("running");

  vi.restoreAllMocks();
  await runDurableObjectAlarm(registry());

  expect((await shownJob()).state).toBe("FAILURE");
});

test("a connected runner, and one with jobs, cannot be removed", async () => {
  const runner = await anEnrolledRunner({ categories: CATEGORIES });
  const line = await aWelcomedLine(runner);
  expect(await expectError(await say("remove", runner), 409, "CONFLICT")).toContain("is connected");
  await createJob();
  await startOffered(line);
  line.close();
  await isClosed(runner);
  expect(await expectError(await say("remove", runner), 409, "CONFLICT")).toContain("has jobs");
  expect((await shownJob()).state).toBe("running");
});

test("one that nobody would miss is gone from the lists and cannot connect; its name is free for another", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  line.close();
  await isClosed(runner);

  const response = await say("remove", runner);

  expect([response.status, await response.json()]).toMatchObject([200, { id: runner.id, open: [] }]);
  expect(await (await callAsAdmin("/runners")).json()).toEqual({ items: [] });
  expect(await (await callAsAdmin("/queues")).json()).toMatchObject({ items: [{ runners: 0 }, {}] });
  await expectError(await upgrade({ token: await upgradeToken(runner) }), 401);
  await expectError(await say("remove", runner), 404, "NOT_FOUND");
  const another = await anEnrolledRunner();
  expect(another.id).not.toBe(runner.id);
  await aWelcomedLine(another);
});

test("its category stays known when nobody else is enrolled for it", async () => {
  const runner = await anEnrolledRunner({ categories: ["other-compute"] });
  await say("remove", runner);
  expect(await registry().categories()).toEqual(["other-compute"]);
});

test.each(["drain", "resume", "lost", "remove"])("%s: an unknown runner, and a body without a reason", async (verb) => {
  const runner = await anEnrolledRunner();
  await expectError(await callAsAdmin(`/runners/r-0000000000000000/${verb}`, { reason: "x" }), 404, "NOT_FOUND");
  expect(await expectError(await callAsAdmin(`/runners/${runner.id}/${verb}`, {}), 400)).toContain("reason");
});
