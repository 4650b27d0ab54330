/** How a line ends, how long it then waits, and what is said about it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aDialledLine, aWelcomedLine } from "../../support/runner/connection-under-test.ts";
import { ScriptedGateway } from "../../support/runner/scripted-gateway.ts";

const TIMES = { pingMs: 1_000, pongMs: 500, leaseMs: 9_000, startMs: 1, stopMarginMs: 1 };

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await ScriptedGateway.open();
});
afterEach(() => gateway.close());

describe("a line that was welcomed", () => {
  test("is dead when a ping is not answered in time, and is dialled again", async () => {
    const { runner, line } = await aWelcomedLine(gateway, { times: TIMES });
    line.answersPings = false;
    await runner.clock.advance(1_000);
    await until(() => line.pings === 1, "a ping");
    await runner.clock.advance(499);
    expect(runner.line.state().connected).toBe(true);
    await runner.clock.advance(1);
    await line.closed;
    await until(() => runner.told.includes("lost"), "the loss");
    expect(runner.line.state().connected).toBe(false);
    await runner.waits(1);
  });

  test("lives as long as its pings are answered", async () => {
    const { runner, line } = await aWelcomedLine(gateway, { times: TIMES });
    for (let ping = 1; ping <= 5; ping++) {
      await runner.clock.advance(1_000);
      await until(() => runner.heardAtMs.length === ping + 1, `answer ${ping}`);
    }
    expect(line.pings).toBe(5);
    expect(runner.told).toEqual(["welcomed"]);
  });

  test.each([
    [0, 0],
    [0.5, 2_000],
    [0.999, 3_996],
  ])("is dialled again within the window that the gateway asked for (random %s)", async (random, waitMs) => {
    const { runner, line } = await aWelcomedLine(gateway, { reconnectWindowMs: 4_000 });
    runner.random = random;
    line.close(1012);
    expect(await runner.redial()).toBe(waitMs);
    expect(runner.logged("connection.redial")[0]?.fields).toMatchObject({ why: "lost" });
  });

  test("is not dialled before its wait is over", async () => {
    const { runner, line } = await aWelcomedLine(gateway, { reconnectWindowMs: 4_000 });
    line.cut();
    await runner.redial();
    await runner.clock.advance(1_999);
    expect(gateway.upgrades).toHaveLength(1);
    await runner.clock.advance(1);
    await gateway.upgrade(2);
  });

  test("tells its listener once that it is lost", async () => {
    const { runner, line } = await aWelcomedLine(gateway);
    line.cut();
    await runner.redial();
    expect(runner.told).toEqual(["welcomed", "lost"]);
  });
});

describe("a line that was not welcomed", () => {
  test("waits longer after each failure, and begins anew only after a welcome", async () => {
    gateway.refusal = { status: 503 };
    const runner = aDialledLine(gateway);
    expect(await runner.waits(4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(runner.line.state()).toMatchObject({ connected: false, trouble: "the gateway answers 503" });
    gateway.refusal = null;
    await runner.waits(1, 5);
    const line = await gateway.line();
    await line.welcome({ reconnectWindowMs: 100 });
    await runner.isWelcomed();
    expect(runner.line.state().trouble).toBeNull();
    gateway.refusal = { status: 503 };
    line.cut();
    expect(await runner.waits(2, 6)).toEqual([50, 500]);
  });

  test("an open socket without a welcome does not make it begin anew", async () => {
    gateway.onLine = (line) => line.close(1011);
    const runner = aDialledLine(gateway);
    expect(await runner.waits(3)).toEqual([500, 1_000, 2_000]);
    expect(runner.told).toEqual([]);
  });

  test("gives up a socket on which no welcome comes for 20 s", async () => {
    const runner = aDialledLine(gateway);
    const line = await gateway.line();
    line.challenge();
    await line.frame("hello");
    await runner.clock.advance(20_000);
    await line.closed;
    await runner.waits(1);
    expect(runner.told).toEqual([]);
  });

  test("says so when nobody answers at the address", async () => {
    await gateway.close();
    const runner = aDialledLine(gateway);
    expect(await runner.redial()).toBe(500);
    expect(runner.line.state().trouble).toBe("the gateway does not answer (ECONNREFUSED)");
  });
});
