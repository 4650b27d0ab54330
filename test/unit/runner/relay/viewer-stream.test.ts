/** One viewer's stream: as far as its credit goes, no faster than its pace, and to the end. Time is moved by hand. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type StreamOptions, ViewerStream } from "../../../../runner/relay/viewer-stream.ts";
import { BYTES_PER_SECOND, MAX_CHUNK_BYTES, type RelayFrame } from "../../../../shared/relay.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const STEP_MS = 50;
const LOOK_MS = 200;

let folder: string;
let path: string;
const running: { stream: ViewerStream; over: Promise<void> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-edge-stream-"));
  path = join(folder, "output.log");
});

afterEach(async () => {
  for (const { stream, over } of running.splice(0)) {
    stream.stop();
    await over;
  }
  rmSync(folder, { recursive: true });
});

function line(text: string): string {
  return `2026-01-01T00:00:00.000000000+00:00 stdout F ${text}\n`;
}

function aStream(change: Partial<StreamOptions> = {}) {
  const clock = new ManualClock();
  const sent: RelayFrame[] = [];
  const job = { isOver: false };
  const stream = new ViewerStream({
    ...{ log: { path, isOver: () => job.isOver }, stream: 1, cursor: null, credit: 8, startedAtMs: null },
    ...{ timers: clock, uptimeMs: () => clock.uptimeMs(), send: (frame) => sent.push(frame) },
    ...change,
  });
  running.push({ stream, over: stream.run() });
  const bytes = () => sent.reduce((sum, frame) => sum + (frame.type === "chunk" ? frame.bytes : 0), 0);
  /** The disk answers when it likes, so time is moved until it has. */
  const until = (isSo: () => boolean) =>
    vi.waitFor(
      async () => {
        await clock.advance(STEP_MS);
        expect(isSo()).toBe(true);
      },
      { interval: 1, timeout: 5_000 },
    );
  return { clock, sent, job, stream, bytes, until };
}

/** Lets the disk answer, again and again, while time goes on. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    await clock.advance(STEP_MS);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

test("without credit nothing is sent, and each credit is one chunk", async () => {
  writeFileSync(path, line("x".repeat(99)).repeat(5_000));
  const { clock, sent, stream, until } = aStream({ credit: 2 });
  await until(() => sent.length === 2);
  await pass(clock, 5_000);
  expect(sent).toHaveLength(2);
  expect(sent.every((frame) => frame.type === "chunk" && frame.bytes <= MAX_CHUNK_BYTES)).toBe(true);
  stream.addCredit(1);
  await until(() => sent.length === 3);
});

test("a viewer gets two megabytes a second and not more", async () => {
  const total = 8_000_000;
  writeFileSync(path, line("x".repeat(999)).repeat(total / 1_000));
  const { clock, bytes, until } = aStream({ credit: 1_000 });
  const beganMs = clock.uptimeMs();
  await until(() => bytes() === total);
  const tookS = (clock.uptimeMs() - beganMs) / 1_000;
  expect(total / tookS).toBeLessThan(BYTES_PER_SECOND * 1.1);
});

test("what is written is sent at the next look", async () => {
  writeFileSync(path, line("one"));
  const { sent, until } = aStream();
  await until(() => sent.length === 1);
  appendFileSync(path, line("two"));
  await until(() => sent.length === 2);
  expect(sent[1]).toMatchObject({ type: "chunk", stream: 1, entries: [{ from: "stdout", text: "two\n" }] });
});

test("the end is told when the job is over and the log has been quiet", async () => {
  writeFileSync(path, line("one"));
  const { clock, sent, job, until } = aStream();
  await until(() => sent.length === 1);
  await pass(clock, 5_000);
  expect(sent).toHaveLength(1);
  job.isOver = true;
  await pass(clock, 3 * LOOK_MS);
  appendFileSync(path, line("late"));
  await until(() => sent.some(({ type }) => type === "end"));
  expect(sent.map((frame) => (frame.type === "chunk" ? frame.entries[0]?.text : frame.type))).toEqual([
    "one\n",
    "late\n",
    "end",
  ]);
});

test("a job that has written nothing yet is waited for; one that is over without a file is gone", async () => {
  const { clock, sent, job, until } = aStream();
  await pass(clock, 5_000);
  expect(sent).toEqual([]);
  job.isOver = true;
  await until(() => sent.length > 0);
  expect(sent).toEqual([{ type: "gone", stream: 1 }]);
});

test("half a character is shown at the end", async () => {
  writeFileSync(path, Buffer.concat([Buffer.from("2026 stdout P a"), Buffer.from([0xe2, 10])]));
  const { sent, job, until } = aStream();
  job.isOver = true;
  await until(() => sent.some(({ type }) => type === "end"));
  expect(sent.flatMap((frame) => (frame.type === "chunk" ? frame.entries : []))).toEqual([
    { from: "stdout", text: "a" },
    { from: "stdout", text: "\ufffd" },
  ]);
});

test("a stopped stream sends nothing more and comes to its end", async () => {
  writeFileSync(path, line("one"));
  const { sent, stream, until } = aStream();
  await until(() => sent.length === 1);
  stream.stop();
  appendFileSync(path, line("two"));
  await running[0]?.over;
  expect(sent).toHaveLength(1);
});
