/** What a runner may send, and what the queue makes of anything else: one bad frame hurts nobody but itself. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Ref } from "../../../shared/ids.ts";
import type { RunnerFrame } from "../../../shared/protocol.ts";
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
import { anEnrolledRunner, anOpenLine, aWelcomedLine } from "../support/runner-client.ts";
import { CAPACITY, NOTHING_ELSEWHERE } from "../support/runner-line.ts";

const SECRET = "s3cr3t";
const REF: Ref = { job: "54112", incarnation: "0123456789abcdef", attempt: 1, rank: 0 };
const aLine = async () => aWelcomedLine(await anEnrolledRunner());
const json = (value: unknown) => JSON.stringify(value);

const malformed: [string, string | ArrayBuffer, string, string][] = [
  ["no JSON", `{${SECRET}`, "not_json", ""],
  ["an empty text", "", "not_json", ""],
  ["bytes", new ArrayBuffer(8), "not_text", ""],
  ["a number", "1", "bad_frame", ""],
  ["no type", "{}", "bad_frame", "type"],
  ["an unknown type", json({ type: SECRET }), "bad_frame", "type"],
  ["a gateway's type", json({ type: "go", ref: REF }), "bad_frame", "type"],
  ["no reference", json({ type: "ready" }), "bad_frame", "ref"],
  ["a reference to a path", json({ type: "ready", ref: { ...REF, job: `../${SECRET}` } }), "bad_frame", "ref.job"],
  ["an attempt that is a text", json({ type: "ready", ref: { ...REF, attempt: SECRET } }), "bad_frame", "ref.attempt"],
  ["an unknown fact", json({ type: "fact", ref: REF, fact: { kind: SECRET } }), "bad_frame", "fact.kind"],
  [
    "a long tail",
    json({ type: "fact", ref: REF, fact: exited({ tail: "A".repeat(12_000) }) }),
    "bad_frame",
    "fact.tail",
  ],
];

test.each(malformed)("%s is answered by an error and dropped", async (_name, message, code, field) => {
  const line = await aLine();
  line.sendRaw(message);
  const error = await line.next("error");
  expect(error).toMatchObject({ code, field });
  expect(json(error)).not.toContain(SECRET);
  // The line goes on.
  await createJob();
  await line.next("offer");
});

test("a field that a later version has added is ignored", async () => {
  const line = await aLine();
  await createJob();
  const ref = await takeOffer(line);
  line.sendRaw(json({ type: "accept", ref, ready: true, mood: SECRET }));
  await line.next("go");
});

test("a frame of 300 KiB closes the line", async () => {
  const line = await aLine();
  line.sendRaw(json({ type: "progress", ref: REF, text: "x".repeat(300 * 1024) }));
  expect((await line.closed).code).toBe(1009);
});

test("ten malformed frames in a minute close the line", async () => {
  const line = await aLine();
  for (let count = 0; count < 10; count++) {
    line.sendRaw("{");
    await line.next("error");
  }
  expect(await line.closed).toEqual({ code: 4400, reason: "too many malformed frames" });
});

test("nine in a minute do not, also when the object sleeps between them", async () => {
  const line = await aLine();
  for (const pauseMs of [60_001, 0]) {
    for (let count = 0; count < 9; count++) {
      line.sendRaw("{");
      await line.next("error");
    }
    await evict(queue());
    advance(pauseMs);
  }
  await createJob();
  line.send({ type: "capacity", capacity: CAPACITY, usedElsewhere: NOTHING_ELSEWHERE });
  await line.next("offer");
});

test("nothing is taken before hello", async () => {
  const line = await anOpenLine(await anEnrolledRunner());
  line.send({ type: "capacity", capacity: CAPACITY, usedElsewhere: NOTHING_ELSEWHERE });
  expect(await line.next("error")).toMatchObject({ code: "bad_frame", field: "type", message: "hello comes first" });
});

const aboutJobs: [string, (ref: Ref) => RunnerFrame][] = [
  ["accept", (ref) => ({ type: "accept", ref, ready: true })],
  ["ready", (ref) => ({ type: "ready", ref })],
  ["progress", (ref) => ({ type: "progress", ref, text: "downloading" })],
  ["started", (ref) => ({ type: "fact", ref, fact: STARTED })],
  ["exited", (ref) => ({ type: "fact", ref, fact: exited() })],
  ["not-started", (ref) => ({ type: "fact", ref, fact: { kind: "not-started", failure: { code: "disk_full" } } })],
  [
    "refuse",
    (ref) => ({
      type: "refuse",
      ref,
      failure: { code: "image_not_found" },
      capacity: CAPACITY,
      usedElsewhere: NOTHING_ELSEWHERE,
    }),
  ],
];

test.each(aboutJobs)("%s about a job that is not the runner's own changes nothing: forget it", async (_type, frame) => {
  await createJob();
  const owner = await aLine();
  const ref = await takeOffer(owner);
  owner.send({ type: "accept", ref, ready: false });
  await untilState("claimed");
  const before = await shownJob();

  const stranger = await aWelcomedLine(await anEnrolledRunner({ name: "stranger" }));
  stranger.send(frame(ref));
  expect(await stranger.next("forget")).toEqual({ type: "forget", ref });
  const others = [
    { ...ref, attempt: ref.attempt + 1 },
    { ...ref, incarnation: "0123456789abcdef" },
    { ...ref, job: "unknown" },
    { ...ref, rank: 1 },
  ];
  for (const other of others) {
    owner.send(frame(other));
    expect(await owner.next("forget")).toEqual({ type: "forget", ref: other });
  }
  expect(await shownJob()).toEqual(before);
});

test("a late word of an earlier attempt does not touch the present one", async () => {
  await createJob();
  const line = await aLine();
  const ref = await takeOffer(line);
  const failure = { code: "disk_full" } as const;
  line.send({ type: "refuse", ref, failure, capacity: CAPACITY, usedElsewhere: NOTHING_ELSEWHERE });
  await untilState("queued");
  const other = await aWelcomedLine(await anEnrolledRunner({ name: "node-2" }));
  advance(1_001);
  await runDurableObjectAlarm(queue());
  const second = await startOffered(other);
  expect(second.attempt).toBe(2);
  line.send({ type: "fact", ref, fact: exited({ exitCode: 1 }) });
  expect(await line.next("forget")).toEqual({ type: "forget", ref });
  expect((await shownJob()).state).toBe("running");
});

test("a fact that is said again is acknowledged again, and one about a job that is over is settled", async () => {
  await createJob();
  const line = await aLine();
  const ref = await startOffered(line);
  await tellFact(line, ref, STARTED);
  await tellFact(line, ref, exited());
  for (const fact of [exited({ exitCode: 1 }), STARTED]) {
    line.send({ type: "fact", ref, fact });
    expect(await line.next("forget")).toEqual({ type: "forget", ref });
  }
  expect((await shownJob()).state).toBe("SUCCESS");
});

test("a ping is answered without waking the queue", async () => {
  const line = await aLine();
  await evict(queue());
  line.sendRaw("ping");
  expect(await line.nextText()).toBe("pong");
  await expect(evictDurableObject(queue())).rejects.toThrow("not currently running");
});

test("what could not be stored is not acknowledged: the line is closed, and it is said again on the next", async () => {
  await createJob();
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  const ref = await takeOffer(line);
  await renameTable("job", "hidden");
  line.send({ type: "accept", ref, ready: true });
  expect(await line.closed).toEqual({ code: 1011, reason: "try again" });
  await renameTable("hidden", "job");

  const again = await anOpenLine(runner);
  await again.sayHello({ inventory: [{ ref, phase: "ready" }] });
  expect((await again.next("welcome")).verdicts).toMatchObject([{ ref, verdict: "go" }]);
});

function renameTable(from: string, to: string): Promise<void> {
  return runInDurableObject(queue(), (_instance, { storage }) => {
    storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
  });
}
