/** What a gateway's refusal means: a wrong clock, a runner that was removed, a key that somebody else uses. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLOSE } from "../../../shared/close-codes.ts";
import { until } from "../../support/manual-clock.ts";
import { aDialledLine, aWelcomedLine, ConnectionUnderTest } from "../../support/runner/connection-under-test.ts";
import { ScriptedGateway } from "../../support/runner/scripted-gateway.ts";

const DAY_MS = 86_400_000;

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await ScriptedGateway.open();
});
afterEach(() => gateway.close());

describe("a refused token", () => {
  test("sets the runner's clock by the gateway's answer and is tried again at once", async () => {
    const runner = new ConnectionUnderTest(gateway);
    const trueMs = runner.clock.nowMs() + 3_600_000;
    gateway.refusal = { status: 401, date: new Date(trueMs).toUTCString() };
    runner.line.dial();
    expect(await runner.redial()).toBe(0);
    gateway.refusal = null;
    await runner.clock.advance(0);
    const { claims } = await gateway.upgrade(2);
    expect(claims.iat).toBe(Math.floor(trueMs / 1000));
  });

  test("is not repeated in a hurry when the right time did not help", async () => {
    gateway.refusal = { status: 401, date: new Date().toUTCString() };
    const runner = aDialledLine(gateway);
    expect(await runner.waits(3)).toEqual([0, 1_000, 2_000]);
    expect(runner.line.state().trouble).toBe("the gateway does not take this runner's token");
  });

  test("without a date changes no clock", async () => {
    gateway.refusal = { status: 401 };
    const runner = aDialledLine(gateway);
    const iat = Math.floor(runner.clock.nowMs() / 1000);
    await runner.waits(1);
    expect(gateway.upgrades[1]?.claims.iat).toBe(iat);
  });
});

test("a runner that dials too often waits as long as it is told to, and says so", async () => {
  gateway.refusal = { status: 429, retryAfter: "90" };
  const runner = aDialledLine(gateway);
  expect(await runner.waits(2)).toEqual([135_000, 135_000]);
  expect(runner.line.state().trouble).toBe("the gateway is dialled too often from this address");
});

describe("a forbidden runner", () => {
  test("dials slowly", async () => {
    gateway.refusal = { status: 403 };
    const runner = aDialledLine(gateway);
    runner.random = 0;
    expect(await runner.redial()).toBe(30_000);
    runner.random = 0.999;
    await runner.clock.advance(30_000);
    expect(await runner.redial(2)).toBe(59_970);
    expect(runner.told).toEqual([]);
  });

  test("settles everything by itself after 24 hours of it", async () => {
    gateway.refusal = { status: 403 };
    const runner = aDialledLine(gateway);
    const waitMs = await runner.redial();
    runner.sleptMs = DAY_MS - waitMs;
    await runner.clock.advance(waitMs);
    await until(() => runner.told.includes("revoked"), "the end");
    expect(runner.line.state().trouble).toBe("revoked");
    await runner.clock.advance(DAY_MS);
    expect(gateway.upgrades).toHaveLength(2);
  });
});

describe("a key that is connected from elsewhere", () => {
  const refuseAsOther = () => {
    gateway.onLine = async (line) => {
      line.challenge();
      await line.frame("hello");
      line.say({ type: "bye", reason: "other instance", retryAfterMs: 7_000 });
      line.close(CLOSE.OTHER_INSTANCE);
    };
  };

  test("waits as long as the gateway says, and from the third time on says so and slows down", async () => {
    refuseAsOther();
    const runner = aDialledLine(gateway);
    expect(await runner.waits(2)).toEqual([7_500, 7_500]);
    expect(await runner.redial(3)).toBe(300_000);
    expect(runner.logged("identity.used_elsewhere").map(({ level }) => level)).toEqual(["error"]);
    expect(runner.line.state().trouble).toBe("another machine is connected with this runner's key");
  });

  test("is believed also on a line that was welcomed", async () => {
    const { runner, line } = await aWelcomedLine(gateway);
    line.say({ type: "bye", reason: "other instance", retryAfterMs: 7_000 });
    line.close(CLOSE.OTHER_INSTANCE);
    expect(await runner.redial()).toBe(7_500);
  });

  test("is no trouble any more once it is welcomed", async () => {
    refuseAsOther();
    const runner = aDialledLine(gateway);
    await runner.waits(2);
    gateway.onLine = () => {};
    await runner.clock.advance(await runner.redial(3));
    const line = await gateway.line(4);
    await line.welcome();
    await runner.isWelcomed();
    expect(runner.line.state().trouble).toBeNull();
    refuseAsOther();
    line.cut();
    await runner.waits(1, 4);
    expect(await runner.redial(5)).toBe(7_500);
  });
});

describe("a revoked runner", () => {
  test("settles everything when its line is closed with 4403, and never dials again", async () => {
    const { runner, line } = await aWelcomedLine(gateway);
    line.close(CLOSE.REVOKED);
    await until(() => runner.told.includes("revoked"), "the end");
    await runner.clock.advance(DAY_MS);
    expect(gateway.upgrades).toHaveLength(1);
    expect(runner.line.state()).toMatchObject({ connected: false, trouble: "revoked" });
  });

  test("settles everything when it is told so before its line is closed", async () => {
    const { runner, line } = await aWelcomedLine(gateway);
    line.say({ type: "bye", reason: "revoked" });
    await until(() => runner.told.includes("revoked"), "the end");
    line.close();
    await line.closed;
    await runner.clock.advance(DAY_MS);
    expect(gateway.upgrades).toHaveLength(1);
  });
});
