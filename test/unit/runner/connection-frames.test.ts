/** Frames that a gateway should not send, and a line that takes nothing. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aFact, aWelcomedLine } from "../../support/runner/connection-under-test.ts";
import { ScriptedGateway } from "../../support/runner/scripted-gateway.ts";

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await ScriptedGateway.open();
});
afterEach(() => gateway.close());

const REF = { job: "1", incarnation: "00112233445566aa", attempt: 1, rank: 0 };

test.each([
  ["no JSON", "{", { code: "not_json", field: "" }],
  ["a list", "[]", { code: "bad_frame" }],
  ["an unknown type", '{"type":"dance"}', { code: "bad_frame", field: "type" }],
  ["a missing field", '{"type":"ack","kind":"started"}', { code: "bad_frame", field: "ref" }],
  [
    "a wrong field",
    JSON.stringify({ type: "go", ref: { ...REF, attempt: 0 } }),
    { code: "bad_frame", field: "ref.attempt" },
  ],
  ["bytes", Buffer.from('{"type":"drain"}'), { code: "not_text", field: "" }],
])("%s is answered with an error that names the field, and the line goes on", async (_, data, error) => {
  const { runner, line } = await aWelcomedLine(gateway);
  line.sayRaw(data);
  expect(await line.frame("error")).toMatchObject(error);
  expect(runner.logged("frame.malformed")).toHaveLength(1);
  line.say({ type: "drain" });
  await until(() => runner.told.includes("drain"), "the next frame");
  expect(runner.told).toEqual(["welcomed", "drain"]);
});

test("what stood in a malformed frame is neither answered nor logged", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  line.sayRaw('{"type":"go","ref":{"job":"../secret-value"}}');
  await line.frame("error");
  expect(line.received.join("")).not.toContain("secret-value");
  expect(JSON.stringify(runner.log)).not.toContain("secret-value");
});

test("a frame of 300 KiB ends the line with 1009, and it is dialled again", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  line.sayRaw("x".repeat(300 * 1024));
  expect(await line.closed).toBe(1009);
  await runner.clock.advance(await runner.redial());
  await gateway.upgrade(2);
});

test("a line that takes nothing holds back at most a few megabytes, and takes frames again later", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  line.pause();
  const frame = aFact("A".repeat(10_000));
  let accepted = 0;
  while (runner.line.send(frame)) {
    accepted += 1;
    // 8 MiB here and what the kernel takes on both sides.
    expect(accepted * 10_000).toBeLessThan(64 * 2 ** 20);
  }
  expect(accepted * 10_000).toBeGreaterThan(4 * 2 ** 20);
  line.resume();
  await until(() => line.received.length > accepted, "all that was accepted");
  expect(runner.line.send(frame)).toBe(true);
});
