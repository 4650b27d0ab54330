/** The frames between a relay and the runner that brings a log. */
import { expect, test } from "vitest";
import {
  MAX_CHUNK_BYTES,
  MAX_RELAY_FRAME_BYTES,
  parseRelay,
  type RelayFrame,
  type RelayOrder,
  relayClaim,
  relayFrameSchema,
  relayOrderSchema,
  WINDOW_CHUNKS,
} from "../../../shared/relay.ts";

const REF = { job: "1", incarnation: "0".repeat(16), attempt: 2, rank: 0 };

test.each<RelayOrder>([
  { type: "stream", stream: 1, cursor: null, credit: WINDOW_CHUNKS, startedAgoMs: null },
  { type: "stream", stream: 2 ** 32 - 1, cursor: "c", credit: 0, startedAgoMs: 5 },
  { type: "credit", stream: 1, chunks: 1 },
  { type: "stop", stream: 1 },
])("the order $type is read", (order) => {
  expect(parseRelay(relayOrderSchema, JSON.stringify({ ...order, later: "field" }))).toEqual(order);
});

test.each<RelayFrame>([
  { type: "chunk", stream: 1, entries: [{ from: "stderr", text: "a" }], bytes: 1, cursor: "c" },
  { type: "end", stream: 1 },
  { type: "gone", stream: 1 },
])("the frame $type is read", (frame) => {
  expect(parseRelay(relayFrameSchema, JSON.stringify(frame))).toEqual(frame);
});

test("the largest chunk fits, whatever it is made of", () => {
  for (const text of ["\u0001".repeat(MAX_CHUNK_BYTES), "\ufffd".repeat(MAX_CHUNK_BYTES)]) {
    const chunk = { type: "chunk", stream: 1, entries: [{ from: "stdout", text }], bytes: 1, cursor: "c".repeat(200) };
    expect(parseRelay(relayFrameSchema, JSON.stringify(chunk))).toEqual(chunk);
  }
});

test.each([
  ["no text", Buffer.from("{}")],
  ["no JSON", "{"],
  ["an unknown type", '{"type":"else","stream":1}'],
  ["no stream", '{"type":"stop"}'],
  ["more credit than the window", JSON.stringify({ type: "credit", stream: 1, chunks: WINDOW_CHUNKS + 1 })],
  ["too long a text", `${" ".repeat(MAX_RELAY_FRAME_BYTES)}{"type":"stop","stream":1}`],
])("%s is no order", (_name, message) => {
  expect(parseRelay(relayOrderSchema, message)).toBeNull();
});

test("a token's claim names the attempt and the question", () => {
  expect(relayClaim(REF, "nonce")).toBe("ucloud-1-0000000000000000-2-0 nonce");
});
