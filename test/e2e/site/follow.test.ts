/** Logs, followed through every real part: from the first byte, live, to the end, in the framing of both UClouds. */
import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ucloudJob } from "../../support/batch-job.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { Follower } from "../../support/simulated-ucloud/follower.ts";
import { OTHER_CATEGORY } from "../../support/site.ts";
import { type SiteJob, script } from "../../support/site-job.ts";

const site = sharedSite();
let runner: RunnerProcess;

beforeAll(async () => {
  runner = await site().runner("node-1");
});

type Era = "today" | "older";

async function connect(era: Era = "today"): Promise<Follower> {
  const { ucloud, gateway } = site();
  const token = await ucloud.tokens.core();
  return Follower.open({ gatewayUrl: gateway.url, providerId: ucloud.providerId, token, era });
}

async function follow(job: SiteJob, era: Era = "today"): Promise<Follower> {
  const follower = await connect(era);
  follower.follow(ucloudJob(job.request), era === "today" ? "ignored" : "7");
  return follower;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const UNTIL_TOLD = "until [ -e /work/end ]; do sleep 0.02; done";

test("a queued job's stream is held, then shows history, live output and the end", async () => {
  const job = await site().job({ argv: script(`echo first; echo wrong >&2; ${UNTIL_TOLD}; echo last`) });
  const viewer = await follow(job);
  await runner.start();
  await viewer.shows("the first lines", ({ stdout, stderr }) => stdout === "first\n" && stderr === "wrong\n");
  job.end();
  await job.reaches("SUCCESS");
  expect(await viewer.closed).toBe(1000);
  expect(viewer.stdout).toBe("first\nlast\n");
  expect(viewer.messages.at(-1)).toMatchObject({ type: "response", status: 200 });
});

test("what is written shows within a second", async () => {
  const tick = "while [ ! -e /work/end ]; do read up idle < /proc/uptime; echo $up; sleep 0.3; done";
  const job = await site().job({ argv: script(tick) });
  const viewer = await follow(job);
  await viewer.shows("some lines", ({ messages }) => messages.length >= 5);
  job.end();
  await viewer.closed;
  const lags = viewer.messages.flatMap(({ payload }, index) => {
    const written = payload?.stdout?.trim().split("\n").at(-1);
    return written ? [(viewer.cameAtUptime[index] ?? 0) - Number(written)] : [];
  });
  // The first line may have been written before anybody could look.
  expect(Math.max(...lags.slice(2))).toBeLessThan(1);
});

test("five megabytes reach one viewer whole and in order while another one takes nothing", async () => {
  const lines = "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); printf '%099d\\n' $i; done";
  const expected = Array.from({ length: 50_000 }, (_, index) => `${String(index + 1).padStart(99, "0")}\n`).join("");
  const job = await site().job({ argv: script(`${lines}; ${UNTIL_TOLD}`) });
  const stalled = await follow(job);
  stalled.stall();
  const viewer = await follow(job);
  await viewer.shows("all of it", ({ stdout }) => stdout.length >= expected.length);
  expect(digest(viewer.stdout)).toBe(digest(expected));
  job.end();
  expect(await viewer.closed).toBe(1000);
  stalled.resume();
  await stalled.closed;
  expect(digest(stalled.stdout)).toBe(digest(expected));
});

test("the older UCloud follows several jobs on one socket, and each ends with a response of its own", async () => {
  const jobs = [
    await site().job({ argv: script(`echo one; echo wrong >&2; ${UNTIL_TOLD}`) }),
    await site().job({ argv: script("echo two") }),
  ];
  const socket = await connect("older");
  jobs.forEach((job, index) => {
    socket.follow(ucloudJob(job.request), `call-${index}`);
  });
  const of = (call: string) => socket.messages.filter(({ streamId }) => streamId === call);
  await socket.shows("the first job's output", () => of("call-0").some(({ payload }) => payload?.stdout === "one\n"));
  jobs[0]?.end();
  await socket.shows("both ends", ({ messages }) => messages.filter(({ type }) => type === "response").length === 2);
  const written = (call: string) => of(call).map(({ payload }) => payload?.stdout ?? payload?.stderr ?? null);
  expect(of("call-0")[0]?.payload).toEqual({ streamId: expect.any(String), rank: -1, stdout: null, stderr: null });
  expect(written("call-0").filter((text) => text !== null)).toEqual(["one\n", "wrong\n"]);
  expect(written("call-1").filter((text) => text !== null)).toEqual(["two\n"]);
  expect(of("call-1").at(-1)).toMatchObject({ type: "response", status: 200 });
  expect(socket.isOver).toBe(false);
  socket.close();
});

test("the older UCloud cancels one stream, and the other goes on", async () => {
  const job = await site().job({ argv: script(`echo one; ${UNTIL_TOLD}; echo two`) });
  const socket = await connect("older");
  socket.follow(ucloudJob(job.request), "a");
  socket.follow(ucloudJob(job.request), "b");
  const shown = (call: string) =>
    socket.messages.flatMap((one) => (one.streamId === call && one.payload?.stdout ? [one.payload.stdout] : []));
  await socket.shows("both", () => shown("a").length === 1 && shown("b").length === 1);
  const stream = socket.messages.find(({ streamId }) => streamId === "a")?.payload?.streamId ?? "";
  socket.cancel(stream);
  await socket.shows("the answer", () =>
    socket.messages.some(({ streamId, payload }) => streamId === "cancel" && payload?.rank === -1),
  );
  job.end();
  await job.reaches("SUCCESS");
  await socket.shows("the end", () =>
    socket.messages.some(({ type, streamId }) => type === "response" && streamId === "b"),
  );
  expect(shown("a")).toEqual(["one\n"]);
  expect(shown("b")).toEqual(["one\n", "two\n"]);
  socket.close();
});

test("a finished job's log is read from its node; without the folder the tail is shown and marked", async () => {
  const job = await site().job({ argv: script("echo before; echo after; echo wrong >&2") });
  await job.reaches("SUCCESS");
  const viewer = await follow(job);
  expect(await viewer.closed).toBe(1000);
  expect([viewer.stdout, viewer.stderr]).toEqual(["before\nafter\n", "wrong\n"]);
  for (const name of readdirSync(runner.jobsDir).filter((one) => one.startsWith(`${job.id}-`))) {
    rmSync(join(runner.jobsDir, name), { recursive: true, maxRetries: 20, retryDelay: 50 });
  }
  const later = await follow(job);
  expect(await later.closed).toBe(1000);
  expect(later.stdout).toContain("after\n");
  expect(later.stderr).toMatch(/^\[The log is not on the machine any more; this is the last part of the log\]\n$/);
});

test("a job that never ran has an empty log, and its stream ends with it", async () => {
  const job = await site().job({ image: "localhost/acme/absent:1.0.0" });
  const viewer = await follow(job);
  expect(await viewer.closed).toBe(1000);
  expect(viewer.stdout + viewer.stderr).toBe("");
});

test("after a restart of the gateway the log is there from its first byte on", async () => {
  const job = await site().job({ argv: script(`echo one; ${UNTIL_TOLD}; echo two`) });
  const before = await follow(job);
  await before.shows("the first line", ({ stdout }) => stdout === "one\n");
  const said = runner.lines.length;
  await site().gateway.kill();
  await before.closed;
  await site().gateway.start();
  await runner.welcome(said);
  const viewer = await follow(job);
  await viewer.shows("the first line", ({ stdout }) => stdout === "one\n");
  job.end();
  expect(await viewer.closed).toBe(1000);
  expect(viewer.stdout).toBe("one\ntwo\n");
});

test("a killed runner neither loses nor repeats a byte for who stays", async () => {
  const count = "i=0; until [ -e /work/end ]; do i=$((i+1)); echo $i; sleep 0.01; done";
  const job = await site().job({ argv: script(count) });
  const viewer = await follow(job);
  await viewer.shows("some lines", ({ stdout }) => stdout.length > 100);
  await runner.kill();
  await runner.start();
  const { length } = viewer.stdout;
  await viewer.shows("more lines", ({ stdout }) => stdout.length > length + 500);
  job.end();
  expect(await viewer.closed).toBe(1000);
  const lines = viewer.stdout.trim().split("\n");
  expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
});

test("a log that is rotated again and again is shown whole to who looks, and marked to who comes late", async () => {
  const small = await site().runner("node-2", { categories: [OTHER_CATEGORY], flags: ["--log-cap", "64KiB"] });
  await small.start();
  // Seven seconds for 600 KB: ten rotations, the last ones more than five seconds after the start.
  const lines =
    "i=0; while [ $i -lt 6000 ]; do i=$((i+1)); printf '%099d\\n' $i; [ $((i%100)) -gt 0 ] || sleep 0.12; done";
  const job = await site().job({
    argv: script(`${lines}; ${UNTIL_TOLD}`),
    product: { id: "large", category: OTHER_CATEGORY },
  });
  const viewer = await follow(job);
  await viewer.shows("the last line", ({ stdout }) => stdout.endsWith("6000\n"));
  const late = await follow(job);
  await late.shows("the last line", ({ stdout }) => stdout.endsWith("6000\n"));
  job.end();
  await Promise.all([viewer.closed, late.closed]);
  const numbers = viewer.stdout.trim().split("\n").map(Number);
  expect(numbers).toEqual(Array.from({ length: 6_000 }, (_, index) => index + 1));
  expect(viewer.stderr).toBe("");
  expect(late.stderr).toMatch(/^\[A part of the log is missing here/);
  const [first = 0, ...rest] = late.stdout.trim().split("\n").map(Number);
  expect(first).toBeGreaterThan(1);
  expect(rest).toEqual(rest.map((_, index) => first + index + 1));
});

test("with the node off the tail is shown and marked", async () => {
  const job = await site().job({ argv: script("echo before; echo after") });
  await job.reaches("SUCCESS");
  await job.isAtGateway("SUCCESS");
  await runner.kill();
  const viewer = await follow(job);
  expect(await viewer.closed).toBe(1000);
  expect(viewer.stdout).toContain("after\n");
  expect(viewer.stderr).toMatch(
    /^\[The machine that ran the job does not answer; this is the last part of the log\]\n$/,
  );
});
