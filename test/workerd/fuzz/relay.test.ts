/** A runner that brings a log may say anything there: its viewer sees output of that log or an end, and nothing breaks. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { type Json, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { aFollowedJob } from "../support/followed-job.ts";
import { callAsCore } from "../support/gateway.ts";
import { fuzzing } from "../support/judged.ts";
import { queue } from "../support/queues.ts";
import { aJob, bulk } from "../support/requests.ts";

const OFTEN = { interval: 1, timeout: 4_000 };
const FRAMES: Json[] = [
  { type: "chunk", stream: 0, entries: [{ from: "stdout", text: "a" }], bytes: 1, cursor: "1" },
  { type: "gone", stream: 7 },
  { type: "end", stream: 7 },
];
const text = fc.oneof(...FRAMES.map(spoilt), ...FRAMES.map(torn));

test("frames of any kind on a relay harm neither the relay nor the queue", async () => {
  const { log, viewer, stream } = await aFollowedJob();
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      if (log.closed === null) {
        log.socket.send(text.replace('"stream":0', `"stream":${stream}`));
      }
      await vi.waitFor(() => expect(log.closed === null || log.closed.code >= 1000).toBe(true), OFTEN);
    }),
    fuzzing(),
  );
  expect(viewer.frames.every(({ type }) => typeof type === "string")).toBe(true);
  expect((await queue().jobs(null, 10)).items).toMatchObject([{ state: "running" }]);
  expect((await callAsCore("/jobs", bulk(aJob({ id: "90000002" })))).status).toBe(200);
});
