/** Terminate in each phase of a job's life: what its runner hears, and that UCloud hears SUCCESS once. */
import { expect, test } from "vitest";
import type { Ref } from "../../../shared/ids.ts";
import type { GatewayFrame } from "../../../shared/protocol.ts";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { tellUcloud } from "../support/alarms.ts";
import { advance } from "../support/clock.ts";
import { callAsCore } from "../support/gateway.ts";
import { createJob, exited, STARTED, shownJob, startOffered, takeOffer, tellFact } from "../support/job-life.ts";
import { aJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, anOpenLine, aWelcomedLine } from "../support/runner-client.ts";
import type { RunnerLine } from "../support/runner-line.ts";
import { startUcloud, type UcloudStandIn } from "../support/ucloud-stand-in.ts";

const CANCELLED = { state: "SUCCESS", status: "The job was cancelled." };

async function terminate(): Promise<void> {
  const response = await callAsCore("/jobs/terminate", bulk(aJob()));
  expect(await response.text()).toBe('{"responses":[{}]}');
}

async function expectTold(ucloud: UcloudStandIn, ...states: Record<string, string>[]): Promise<void> {
  await tellUcloud();
  await tellUcloud();
  expect(ucloud.told()).toMatchObject(states);
}

async function aNewJob(): Promise<{ ucloud: UcloudStandIn; line: RunnerLine }> {
  const ucloud = startUcloud();
  await createJob();
  return { ucloud, line: await aWelcomedLine(await anEnrolledRunner()) };
}

type Reach = (line: RunnerLine) => Promise<Ref>;

/** Before its start was granted a job is over at once, and the runner drops what it has prepared. */
const before: [string, Reach][] = [
  ["offered", takeOffer],
  [
    "accepted, while its image is pulled",
    async (line) => {
      const ref = await takeOffer(line);
      line.send({ type: "accept", ref, ready: false });
      return ref;
    },
  ],
];

test.each(before)("a job that is %s", async (_phase, reach) => {
  const { ucloud, line } = await aNewJob();
  const ref = await reach(line);
  await terminate();
  expect(await line.next("forget")).toEqual({ type: "forget", ref });
  // A word that crossed ours on its way starts nothing.
  line.send({ type: "ready", ref });
  expect(await line.next("forget")).toEqual({ type: "forget", ref });
  await expectTold(ucloud, CANCELLED);
});

test("a job that waits is never offered", async () => {
  const ucloud = startUcloud();
  await createJob();
  await terminate();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await createJob({ id: "next" });
  expect((await takeOffer(line)).job).toBe("next");
  await expectTold(ucloud, CANCELLED);
});

/** After it the node decides what came first. */
async function aStartingJob(line: RunnerLine): Promise<Ref> {
  const ref = await takeOffer(line);
  line.send({ type: "accept", ref, ready: true });
  await line.next("go");
  return ref;
}

const after: [string, Reach, "exited" | "not-started"][] = [
  ["starting and runs", aStartingJob, "exited"],
  ["starting and did not start", aStartingJob, "not-started"],
  ["running", startOffered, "exited"],
];

test.each(after)("a job that is %s", async (_phase, reach, kind) => {
  const { ucloud, line } = await aNewJob();
  const ref = await reach(line);
  await terminate();
  const order: GatewayFrame = { type: "cancel", ref };
  expect(await line.next("cancel")).toEqual(order);
  if (kind === "not-started") {
    await tellFact(line, ref, { kind, failure: { code: "podman_failed" } });
    await expectTold(ucloud, CANCELLED);
    return;
  }
  await tellFact(line, ref, STARTED);
  // A cancel that crossed the start on its way is said again.
  expect(await line.next("cancel")).toEqual(order);
  await tellFact(line, ref, exited({ cause: "cancelled", exitCode: 143 }));
  await expectTold(ucloud, { state: "RUNNING" }, CANCELLED);
});

test("a program that ended by itself before the order came has ended by itself", async () => {
  const { ucloud, line } = await aNewJob();
  const ref = await startOffered(line);
  await terminate();
  await line.next("cancel");
  await tellFact(line, ref, exited({ exitCode: 7 }));
  await expectTold(ucloud, { state: "RUNNING" }, { state: "FAILURE", status: "The job ended with exit code 7." });
});

test("a job whose runner is silent is over at once, and stopped when the runner is back", async () => {
  const runner = await anEnrolledRunner();
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(runner);
  const ref = await startOffered(line);
  advance(DEFAULT_TIMES.leaseMs + 1);
  await terminate();
  expect((await shownJob()).state).toBe("SUCCESS");

  const again = await anOpenLine(runner);
  await again.sayHello({ inventory: [{ ref, phase: "running" }] });
  expect((await again.next("welcome")).verdicts).toEqual([{ ref, verdict: "cancel" }]);
  again.send({ type: "fact", ref, fact: exited({ cause: "cancelled" }) });
  expect(await again.next("forget")).toEqual({ type: "forget", ref });
  await tellUcloud();
  await tellUcloud();
  expect(ucloud.told().at(-1)).toMatchObject({ state: "SUCCESS", status: expect.stringContaining("does not answer") });
  expect(ucloud.told().filter(({ expectedDifferentState }) => expectedDifferentState)).toHaveLength(1);
});

test("a job that is over stays as it ended", async () => {
  const { ucloud, line } = await aNewJob();
  await tellFact(line, await startOffered(line), exited({ exitCode: 2 }));
  await terminate();
  await terminate();
  await expectTold(ucloud, { state: "RUNNING" }, { state: "FAILURE" });
});

test("a job whose start was not granted is never started after its end, whatever the runner says", async () => {
  const { line } = await aNewJob();
  const ref = await takeOffer(line);
  await terminate();
  await line.next("forget");
  line.send({ type: "accept", ref, ready: true });
  expect(await line.next("forget")).toEqual({ type: "forget", ref });
  expect((await shownJob()).state).toBe("SUCCESS");
});
