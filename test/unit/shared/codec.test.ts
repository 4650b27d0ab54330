/** What is no frame is refused with a field and a sentence, and never quoted. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeGatewayFrame, decodeRunnerFrame, encodeFrame } from "../../../shared/codec.ts";
import { MAX_FRAME_BYTES } from "../../../shared/protocol.ts";
import { aPlan } from "../../support/engine.ts";

const REF = { job: "1001", incarnation: "00112233445566aa", attempt: 1, rank: 0 };

function faultOf(message: unknown) {
  const decoded = decodeRunnerFrame(message);
  if (decoded.ok) {
    throw new Error("it was taken");
  }
  return decoded.fault;
}

/** A frame of exactly `bytes`, whose text is cut by nobody. */
function aBye(bytes: number, letter = "x"): string {
  const empty = Buffer.byteLength(JSON.stringify({ type: "bye", reason: "" }));
  return JSON.stringify({ type: "bye", reason: letter.repeat((bytes - empty) / Buffer.byteLength(letter)) });
}

describe("refused is", () => {
  test.each([
    ["bytes", new Uint8Array([123, 125]), "not_text", ""],
    ["nothing", null, "not_text", ""],
    ["an object", { type: "ready" }, "not_text", ""],
    ["no JSON", "{", "not_json", ""],
    ["an empty text", "", "not_json", ""],
    ["a word", '"hello"', "bad_frame", ""],
    ["a list", "[]", "bad_frame", ""],
    ["null", "null", "bad_frame", ""],
    ["no type", "{}", "bad_frame", "type"],
    ["an unknown type", '{"type":"dance"}', "bad_frame", "type"],
    ["a frame of the other direction", JSON.stringify({ type: "go", ref: REF }), "bad_frame", "type"],
    ["a missing ref", '{"type":"ready"}', "bad_frame", "ref"],
    ["a path for a job", JSON.stringify({ type: "ready", ref: { ...REF, job: "../x" } }), "bad_frame", "ref.job"],
    [
      "an attempt before the first",
      JSON.stringify({ type: "ready", ref: { ...REF, attempt: 0 } }),
      "bad_frame",
      "ref.attempt",
    ],
    ["a number as text", JSON.stringify({ type: "ready", ref: { ...REF, rank: "0" } }), "bad_frame", "ref.rank"],
    ["one field too many in a name", JSON.stringify({ type: "ready", ref: { ...REF, x: 1 } }), "bad_frame", "ref"],
    ["an unknown fact", JSON.stringify({ type: "fact", ref: REF, fact: { kind: "born" } }), "bad_frame", "fact.kind"],
    [
      "a tail that is no base64",
      JSON.stringify({ type: "fact", ref: REF, fact: anExit("%%%") }),
      "bad_frame",
      "fact.tail",
    ],
    [
      "a tail that is too long",
      JSON.stringify({ type: "fact", ref: REF, fact: anExit("A".repeat(12_000)) }),
      "bad_frame",
      "fact.tail",
    ],
    [
      "an exit code above 255",
      JSON.stringify({ type: "fact", ref: REF, fact: { ...anExit(null), exitCode: 256 } }),
      "bad_frame",
      "fact.exitCode",
    ],
  ])("%s", (_, message, code, field) => {
    const fault = faultOf(message);
    expect(fault).toMatchObject({ code, field });
    expect(fault.message).not.toBe("");
  });

  test("more than 256 KiB, counted in bytes, before anything is parsed", () => {
    expect(faultOf(aBye(MAX_FRAME_BYTES + 1)).code).toBe("too_big");
    expect(faultOf(aBye(MAX_FRAME_BYTES)).code).toBe("bad_frame");
    expect(faultOf("€".repeat(MAX_FRAME_BYTES / 3 + 1)).code).toBe("too_big");
    expect(faultOf("€".repeat(MAX_FRAME_BYTES / 3)).code).toBe("not_json");
    expect(faultOf("x".repeat(2 ** 24)).code).toBe("too_big");
  });
});

function anExit(tail: string | null) {
  return { ...{ kind: "exited", cause: "exit", reason: null, exitCode: 0, oom: false }, ranMs: 1, agoMs: 0, tail };
}

test("whatever comes, the answer fits an error frame and quotes nothing of it", () => {
  const secret = "s3cr3t";
  const poisoned = fc.json().map((text) => `{"type":"fact","ref":${text},"fact":{"kind":"${secret}","${secret}":1}}`);
  fc.assert(
    fc.property(poisoned, (text) => {
      const { code, field, message } = faultOf(text);
      expect(`${field} ${message}`).not.toContain(secret);
      expect(decodeGatewayFrame(encodeFrame({ type: "error", code, field, message })).ok).toBe(true);
      expect(decodeRunnerFrame(encodeFrame({ type: "error", code, field, message })).ok).toBe(true);
    }),
  );
});

test("a field with a long name is cut to what an error frame holds", () => {
  const environment = { ["A".repeat(10_000)]: 1 };
  const decoded = decodeGatewayFrame(JSON.stringify({ type: "offer", ref: REF, plan: { ...aPlan(), environment } }));
  expect(decoded).toMatchObject({ ok: false, fault: { field: expect.stringMatching(/^plan\.environment\.A{100,}$/) } });
  expect(decoded.ok ? "" : decoded.fault.field).toHaveLength(200);
});

test("no text makes a decoder throw", () => {
  const anything = fc.oneof(fc.string(), fc.json(), fc.anything());
  fc.assert(
    fc.property(anything, (message) => {
      expect(typeof decodeRunnerFrame(message).ok).toBe("boolean");
      expect(typeof decodeGatewayFrame(message).ok).toBe("boolean");
    }),
  );
});

test("a field that this version does not know is ignored", () => {
  const decoded = decodeGatewayFrame(JSON.stringify({ type: "drain", until: 5 }));
  expect(decoded).toEqual({ ok: true, frame: { type: "drain" } });
});
