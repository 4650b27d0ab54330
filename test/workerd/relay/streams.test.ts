/** A relay between its viewers and the runner that has the log: each viewer by itself, and nothing when nobody looks. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { WINDOW_CHUNKS } from "../../../shared/relay.ts";
import { packParcel, START, unpackParcel, VIEWER_HEADER } from "../../../worker/relay/parcel.ts";
import { MAX_VIEWERS } from "../../../worker/relay/relay.ts";
import { tellUcloud } from "../support/alarms.ts";
import { evict } from "../support/evictions.ts";
import { CoreSocket, LogEnd, relayStub } from "../support/follow-client.ts";
import { aFollowedJob } from "../support/followed-job.ts";
import { createJob, exited, tellFact } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { aJob } from "../support/requests.ts";
import { anOpenLine } from "../support/runner-client.ts";

/** Of a viewer whose Worker is the test. */
const VOICE = { era: "today", call: "c", stream: "s" };
const OFTEN = { interval: 5, timeout: 4_000 };

function watches(): Promise<number> {
  return runInDurableObject(
    queue(),
    (_instance, { storage }) => storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM watch").one().n,
  );
}

test("each viewer begins at the first byte, with a stream and a window of its own", async () => {
  const { log, viewer, stream } = await aFollowedJob();
  log.write(stream, "one\n");
  await viewer.shows("one\n");
  const later = await CoreSocket.today(aJob());
  const [first, second] = await log.streams(2);
  expect(first).toMatchObject({ cursor: null, credit: WINDOW_CHUNKS, startedAgoMs: expect.any(Number) });
  expect(second).toMatchObject({ cursor: null, credit: WINDOW_CHUNKS });
  expect(second?.stream).not.toBe(first?.stream);
  log.write(second?.stream ?? 0, "one\n");
  await later.shows("one\n");
  expect(viewer.stdout).toBe("one\n");
});

test("credit comes back for what the viewer's Worker has taken", async () => {
  const { log, viewer, stream } = await aFollowedJob();
  for (let chunk = 0; chunk < WINDOW_CHUNKS; chunk++) {
    log.write(stream, `${chunk}\n`);
  }
  await viewer.shows(`${WINDOW_CHUNKS - 1}\n`);
  const credits = () => log.orders.filter(({ type }) => type === "credit");
  await vi.waitFor(() => expect(credits()).toHaveLength(WINDOW_CHUNKS), OFTEN);
  expect(credits()[0]).toEqual({ type: "credit", stream, chunks: 1 });
});

test("a relay that leaves memory goes on where it was", async () => {
  const { log, viewer, stream } = await aFollowedJob();
  log.write(stream, "one\n");
  await viewer.shows("one\n");
  await evict(await relayStub(), { webSockets: "hibernate" });
  log.write(stream, "two\n");
  await viewer.shows("two\n");
  expect(viewer.stdout).toBe("one\ntwo\n");
});

test("a relay whose sockets are cut is dialled again, and goes on behind the last byte", async () => {
  const { log, viewer, stream, line, runner, ref } = await aFollowedJob();
  log.write(stream, "one\n", { cursor: "behind one" });
  await viewer.shows("one\n");
  await evict(await relayStub(), { webSockets: "close" });
  const { nonce } = await line.next("open");
  const again = await LogEnd.open(runner, { ref, nonce });
  const [resumed] = await again.streams(1);
  expect(resumed?.cursor).toBe("behind one");
  again.write(resumed?.stream ?? 0, "two\n");
  await viewer.shows("two\n");
  expect(viewer.stdout).toBe("one\ntwo\n");
});

test("a runner's new socket takes over, and what the old one still says is not heard", async () => {
  const { log, viewer, stream, runner, ref, nonce } = await aFollowedJob();
  log.write(stream, "one\n", { cursor: "behind one" });
  await viewer.shows("one\n");
  const again = await LogEnd.open(runner, { ref, nonce });
  const [resumed] = await again.streams(1);
  expect(resumed).toMatchObject({ stream, cursor: "behind one" });
  await log.isClosed(1000);
  await runInDurableObject(await relayStub(), async ({ relay }) => {
    const { 0: old } = new WebSocketPair();
    const entries = [{ from: "stdout", text: "late\n" }];
    await relay.takeFromServer(old, JSON.stringify({ type: "chunk", stream, entries, bytes: 5, cursor: "late" }));
  });
  again.write(stream, "two\n");
  await viewer.shows("two\n");
  expect(viewer.stdout).toBe("one\ntwo\n");
});

test("a runner that is back is asked again, even if its old socket seems to be open", async () => {
  const { ref, runner, nonce } = await aFollowedJob();
  const back = await anOpenLine(runner);
  await back.sayHello({ inventory: [{ ref, phase: "running" }] });
  await back.next("welcome");
  expect(await back.next("open")).toEqual({ type: "open", ref, nonce });
});

test("when the last viewer has left, nothing flows and nothing is kept", async () => {
  const { log, viewer } = await aFollowedJob();
  expect(await watches()).toBe(1);
  viewer.socket.close(1000, "gone");
  await log.isClosed(1000);
  const relay = await relayStub();
  await runDurableObjectAlarm(relay);
  expect(await runDurableObjectAlarm(relay)).toBe(false);
  expect(await watches()).toBe(0);
});

test("the stream ends when the log was sent and UCloud knows of the job's end, whichever is first", async () => {
  const { log, viewer, stream, line, ref } = await aFollowedJob();
  await tellFact(line, ref, exited());
  await tellUcloud();
  expect(viewer.closed).toBeNull();
  log.write(stream, "last\n");
  log.say({ type: "end", stream });
  await viewer.isClosed(1000);
  expect(viewer.stdout).toBe("last\n");
});

test("a log that ends first is held until UCloud knows", async () => {
  const { log, viewer, stream, line, ref } = await aFollowedJob();
  log.write(stream, "last\n");
  log.say({ type: "end", stream });
  await tellFact(line, ref, exited());
  await viewer.shows("last\n");
  expect(viewer.closed).toBeNull();
  await tellUcloud();
  await viewer.isClosed(1000);
});

test("there is a bound for the viewers of one job", async () => {
  await createJob();
  const viewers: CoreSocket[] = [];
  for (let count = 0; count < MAX_VIEWERS; count++) {
    viewers.push(await CoreSocket.today(aJob()));
  }
  await vi.waitFor(async () => {
    expect(await runInDurableObject(await relayStub(), ({ relay }) => relay.viewers.length)).toBe(MAX_VIEWERS);
  }, OFTEN);
  const tooMany = await CoreSocket.today(aJob());
  await tooMany.isClosed(1000);
  expect(tooMany.frames.at(-1)).toMatchObject({ type: "response", status: 429 });
  expect(viewers.every(({ closed }) => closed === null)).toBe(true);
});

test("a viewer whose Worker takes nothing is dropped with a sentence, and the other goes on", async () => {
  const { log, viewer, stream } = await aFollowedJob();
  const relay = await relayStub();
  const headers = { Upgrade: "websocket", [VIEWER_HEADER]: JSON.stringify({ voice: VOICE, position: START }) };
  const { webSocket } = await relay.fetch("http://relay", { headers });
  const taken: string[] = [];
  webSocket?.addEventListener("message", ({ data }) => taken.push(...unpackParcel(String(data)).frames));
  webSocket?.accept();
  const [, slow] = await log.streams(2);
  for (let chunk = 0; chunk < WINDOW_CHUNKS; chunk++) {
    log.write(slow?.stream ?? 0, `slow ${chunk}\n`);
    log.write(stream, `${chunk}\n`);
  }
  await viewer.shows(`${WINDOW_CHUNKS - 1}\n`);
  await vi.waitFor(() => expect(taken).toHaveLength(WINDOW_CHUNKS), OFTEN);
  expect(log.orders.filter((order) => order.type === "credit" && order.stream === slow?.stream)).toEqual([]);
  await runDurableObjectAlarm(relay);
  expect(taken.at(-1)).toBe('{"ping":"pong"}');
  await runDurableObjectAlarm(relay);
  await vi.waitFor(() => expect(taken.at(-1)).toContain('"response"'), OFTEN);
  expect(taken.at(-2)).toContain("takes the log too slowly");
  expect(log.orders.at(-1)).toEqual({ type: "stop", stream: slow?.stream });
  log.write(stream, "on and on\n");
  await viewer.shows("on and on\n");
  expect(viewer.closed).toBeNull();
});

test("a runner that sends more than it may is cut off", async () => {
  const { log, ref, runner, nonce } = await aFollowedJob();
  const headers = { Upgrade: "websocket", [VIEWER_HEADER]: JSON.stringify({ voice: VOICE, position: START }) };
  const { webSocket } = await (await relayStub()).fetch("http://relay", { headers });
  webSocket?.accept();
  const [, slow] = await log.streams(2);
  for (let chunk = 0; chunk <= WINDOW_CHUNKS; chunk++) {
    log.write(slow?.stream ?? 0, "too much", { bytes: 0 });
  }
  await log.isClosed(4400);
  const again = await LogEnd.open(runner, { ref, nonce });
  expect((await again.streams(2)).map(({ credit }) => credit).sort()).toEqual([0, WINDOW_CHUNKS]);
});

test("a viewer that has had its fill is told, gets no more of the log, and still waits for the end", async () => {
  const { log, viewer, stream, line, ref } = await aFollowedJob();
  await runInDurableObject(await relayStub(), ({ relay }) => {
    relay.maxViewerBytes = 10;
  });
  log.write(stream, "0123456789");
  log.write(stream, "a");
  log.write(stream, "not shown");
  await viewer.shows("has become too long");
  await vi.waitFor(() => expect(log.orders.at(-1)).toEqual({ type: "stop", stream }), OFTEN);
  expect(viewer.stdout).toBe("0123456789a");
  expect(viewer.closed).toBeNull();
  await tellFact(line, ref, exited());
  await tellUcloud();
  await viewer.isClosed(1000);
});

test("a parcel keeps its frames apart", () => {
  const parcel = { position: { cursor: "c", attempt: 1, sent: 2, isShown: false }, ack: true, frames: ["{}", "[]"] };
  expect(unpackParcel(packParcel(parcel))).toEqual(parcel);
  expect(unpackParcel(packParcel({ ...parcel, frames: [] })).frames).toEqual([]);
});
