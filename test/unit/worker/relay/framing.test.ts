/** What each version of UCloud/Core is sent. */
import { expect, test } from "vitest";
import { parseFollow } from "../../../../worker/relay/follow-frame.ts";
import { noteFrame, openingFrames, outputFrame, responseFrame, tickFrame } from "../../../../worker/relay/framing.ts";

const TODAY = { era: "today", call: "ignored", stream: "s" } as const;
const OLDER = { era: "older", call: "7", stream: "s" } as const;

test.each([
  [TODAY, { streamId: "s", rank: 0, stdout: "a", stderr: null, channel: null }],
  [OLDER, { streamId: "s", rank: 0, stdout: "a", stderr: null }],
])("output is a message with the keys of that version", (voice, payload) => {
  const frame = JSON.parse(outputFrame(voice, { stdout: "a" }));
  expect(frame).toEqual({ type: "message", streamId: voice.call, payload });
});

test.each(["stdout", "stderr"] as const)("nothing leaves on %s that would hurt UCloud", (from) => {
  const frame = outputFrame(TODAY, from === "stdout" ? { stdout: "a\0b\ud800" } : { stderr: "a\0b\ud800" });
  expect(JSON.parse(frame).payload[from]).toBe("ab\ufffd");
});

test("a sentence of ours is on the other stream than results, in brackets", () => {
  expect(JSON.parse(noteFrame(TODAY, "Why")).payload).toMatchObject({ stdout: null, stderr: "[Why]\n" });
});

test("only the older version hears the stream's name first", () => {
  expect(openingFrames(TODAY)).toEqual([]);
  expect(openingFrames(OLDER).map((text) => JSON.parse(text).payload)).toMatchObject([{ streamId: "s", rank: -1 }]);
});

test("a tick says nothing", () => {
  expect(tickFrame(TODAY)).toBe('{"ping":"pong"}');
  expect(JSON.parse(tickFrame(OLDER)).payload).toEqual({ streamId: "s", rank: -1, stdout: null, stderr: null });
});

test.each([TODAY, OLDER])("the end is a response", (voice) => {
  expect(JSON.parse(responseFrame(voice, 200))).toMatchObject({ type: "response", status: 200, streamId: voice.call });
});

test("a frame is read in both versions; without a type it is an init", () => {
  const job = { id: "1" };
  const today = { call: "c", streamId: "ignored", payload: { type: "init", job }, bearer: "", project: null };
  expect(parseFollow(JSON.stringify(today))?.payload).toEqual({ type: "init", job });
  expect(parseFollow(JSON.stringify({ ...today, payload: { job } }))?.payload).toEqual({ type: "init", job });
  const cancel = { type: "cancel", streamId: "s" };
  expect(parseFollow(JSON.stringify({ ...today, payload: cancel, causedBy: "x" }))?.payload).toEqual(cancel);
});

test.each([
  ["nothing", undefined],
  ["no text", new ArrayBuffer(1)],
  ["no JSON", "{"],
  ["no object", "1"],
  ["no payload", '{"call":"c","streamId":"s"}'],
  ["another payload", '{"call":"c","streamId":"s","payload":{"type":"else"}}'],
  ["a stream id that is no header's value", '{"call":"c","streamId":"a\\nb","payload":{"job":1}}'],
  ["a frame beyond 64 KiB", JSON.stringify({ call: "c", streamId: "", payload: { job: "x".repeat(65_536) } })],
])("%s is no frame", (_name, message) => {
  expect(parseFollow(message)).toBeNull();
});
