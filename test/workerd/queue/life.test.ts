/** A job's life over a real socket, and what UCloud hears of it. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { alarmInMs, tellUcloud } from "../support/alarms.ts";
import { REFRESH_TOKEN } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import {
  createJob,
  exited,
  STARTED,
  shownJob,
  startOffered,
  takeOffer,
  tellFact,
  untilState,
} from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { aJob } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";
import { ACCESS_TOKEN, REFRESH, RETRIEVE, startUcloud, UPDATE } from "../support/ucloud-stand-in.ts";

const RUNNING = { state: "RUNNING", status: "The job is now running!", expectedState: "IN_QUEUE" };
const SUCCESS = { state: "SUCCESS", status: "The job has finished processing!", expectedDifferentState: true };

test("the seed's job is offered, granted once, runs, ends, and UCloud is told both", async () => {
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());

  const { ref, plan } = await line.next("offer");
  expect(ref).toEqual({ job: "54112", incarnation: expect.stringMatching(/^[0-9a-f]{16}$/), attempt: 1, rank: 0 });
  expect(plan).toMatchObject({
    image: "acme/batch:1.0.0",
    argv: ["acme-batch", "--debug", "true", "Hello, World!"],
    wallMs: 3_600_000,
    network: "none",
  });
  line.send({ type: "accept", ref, ready: false });
  await untilState("claimed");
  line.send({ type: "ready", ref });
  expect(await line.next("go")).toEqual({ type: "go", ref });
  await tellFact(line, ref, STARTED);
  advance(DEFAULT_TIMES.guardMs);
  expect(await runDurableObjectAlarm(queue())).toBe(true);
  expect(ucloud.told("54112")).toEqual([RUNNING]);

  await tellFact(line, ref, exited());
  await runDurableObjectAlarm(queue());
  expect(ucloud.told("54112")).toEqual([RUNNING, SUCCESS]);
  expect(await shownJob()).toMatchObject({ state: "SUCCESS", told: "SUCCESS", runner: null, waitsFor: null });
  // The lease's alarm comes once more and finds no job; then what is left to do is to tell of its use.
  advance(DEFAULT_TIMES.leaseMs);
  await runDurableObjectAlarm(queue());
  expect(await alarmInMs()).toBe(DEFAULT_TIMES.usageMs - DEFAULT_TIMES.leaseMs - DEFAULT_TIMES.guardMs);
  expect(ucloud.told()).toHaveLength(2);
});

test("UCloud is told once where the output is, and with the end where people may fetch it", async () => {
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  const ref = await takeOffer(line);
  line.send({ type: "accept", ref, ready: true });
  await line.next("go");
  await tellFact(line, ref, { ...STARTED, outputFolder: "/12/Jobs/5" });
  await tellUcloud();
  await tellFact(line, ref, exited({ results: { folder: "/srv/jobs/5", keptMs: 0 } }));
  await tellUcloud();
  const where = expect.stringMatching(
    /^The job has finished processing! The job's files are on node-1 until \d{4}-\d\d-\d\d, in \/srv\/jobs\/5$/,
  );
  expect(ucloud.told("54112")).toEqual([
    { ...RUNNING, outputFolder: "/12/Jobs/5" },
    { ...SUCCESS, status: where },
  ]);
});

test("UCloud is asked as the provider, with one access token for all", async () => {
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  const ref = await startOffered(line);
  await tellUcloud();
  await tellFact(line, ref, exited());
  await tellUcloud();
  const refreshes = ucloud.asked.filter(({ path }) => path === REFRESH);
  expect(refreshes).toMatchObject([{ token: null, body: { items: [{ refreshToken: REFRESH_TOKEN }] } }]);
  const updates = ucloud.asked.filter(({ path }) => path === UPDATE);
  expect(updates.map(({ token }) => token)).toEqual([`Bearer ${ACCESS_TOKEN}`, `Bearer ${ACCESS_TOKEN}`]);
});

test.each([true, false])("RUNNING is told before an end that came first, its start said: %s", async (isStartSaid) => {
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  const ref = await takeOffer(line);
  line.send({ type: "accept", ref, ready: true });
  await line.next("go");
  if (isStartSaid) {
    await tellFact(line, ref, STARTED);
  }
  await tellFact(line, ref, exited({ exitCode: 3 }));
  await tellUcloud();
  const failure = { state: "FAILURE", status: "The job ended with exit code 3.", expectedDifferentState: true };
  expect(ucloud.told("54112")).toEqual([RUNNING, failure]);
  // At most one state of a job in a request.
  expect(ucloud.asked.filter(({ path }) => path === UPDATE)).toHaveLength(2);
});

test("nothing is told before the create's answer has been out for the guard's time", async () => {
  const ucloud = startUcloud();
  await createJob();
  await startOffered(await aWelcomedLine(await anEnrolledRunner()));
  expect(await alarmInMs()).toBe(DEFAULT_TIMES.guardMs);
  advance(DEFAULT_TIMES.guardMs - 1);
  await runDurableObjectAlarm(queue());
  expect(ucloud.told()).toEqual([]);
  advance(1);
  await runDurableObjectAlarm(queue());
  expect(ucloud.told()).toEqual([RUNNING]);
});

test("an update that UCloud does not answer is repeated unchanged until it does", async () => {
  const ucloud = startUcloud();
  await createJob();
  await startOffered(await aWelcomedLine(await anEnrolledRunner()));
  ucloud.answer(UPDATE, () => Response.json({}, { status: 502 }));
  advance(DEFAULT_TIMES.guardMs);
  await runDurableObjectAlarm(queue());
  await evict(queue());
  advance(30_000);
  ucloud.answer(UPDATE, () => Response.json({}));
  await runDurableObjectAlarm(queue());
  expect(ucloud.told()).toEqual([RUNNING, RUNNING]);
  expect((await shownJob()).told).toBe("RUNNING");
});

test("a program's last words stay out of what UCloud is told", async () => {
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  const ref = await startOffered(line);
  const words = "\0s3cr3t ".repeat(500);
  await tellFact(line, ref, exited({ exitCode: 1, tail: btoa(words) }));
  await tellUcloud();
  expect(ucloud.told()).toHaveLength(2);
  expect(JSON.stringify(ucloud.asked)).not.toContain("s3cr3t");
  expect(JSON.stringify(ucloud.asked)).not.toContain("\\u0000");
});

test.each([
  ["another creation time", { createdAt: 1 }],
  ["another owner", { "owner.createdBy": "somebody" }],
  ["another product", { "specification.product.category": "other" }],
  ["nothing", null],
])("a job whose answer nobody saw leave is dropped when UCloud knows %s of its id", async (_what, changes) => {
  const ucloud = startUcloud();
  const theirs = () => (changes === null ? Response.json({}, { status: 404 }) : Response.json(aJob(changes)));
  ucloud.answer(RETRIEVE, theirs);
  await createJob();
  // The word that the answer has left is in memory only.
  await evict(queue());
  const line = await aWelcomedLine(await anEnrolledRunner());
  const ref = await startOffered(line);
  await tellUcloud();
  expect(ucloud.told()).toEqual([]);
  expect(await line.next("forget")).toEqual({ type: "forget", ref });
});

test("nothing keeps a queue awake when UCloud has answered", async () => {
  await createJob();
  await startOffered(await aWelcomedLine(await anEnrolledRunner()));
  await tellUcloud();
  // An object is evicted when its last timer has ended: a deadline that went on would hold it for ten seconds.
  const startMs = performance.now();
  await evict(queue());
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

test("a refusal of the offer brings the job to another runner", async () => {
  await createJob();
  const first = await aWelcomedLine(await anEnrolledRunner());
  const ref = await takeOffer(first);
  const second = await aWelcomedLine(await anEnrolledRunner({ name: "node-2" }));
  const full = { total: { cpu: 0, memoryBytes: 0, gpu: 0 }, gpuKind: null, closed: null };
  const usedElsewhere = { cpu: 0, memoryBytes: 0, gpu: 0 };
  first.send({ type: "refuse", ref, failure: { code: "no_room" }, capacity: full, usedElsewhere });
  expect((await second.next("offer")).ref).toEqual({ ...ref, attempt: 2 });
});
