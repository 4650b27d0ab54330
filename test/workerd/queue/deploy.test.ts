/**
 * Deploys under five hundred connected runners: the object leaves memory and takes every socket with it. They come back
 * as their welcomes asked them to, each by the real runner's own reckoning, and all of them are welcomed again.
 */
import { expect, test, vi } from "vitest";
import { redialAfterMs } from "../../../runner/reconnect.ts";
import { SUBPROTOCOL } from "../../../shared/proof.ts";
import { RUNNER_HEADER } from "../../../worker/queue/runner-header.ts";
import { Dice } from "../../support/simulation/dice.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { queue } from "../support/queues.ts";
import { aRunnerKey, lineOf, type Runner } from "../support/runner-client.ts";
import type { RunnerLine } from "../support/runner-line.ts";

const RUNNERS = 500;
/** In the first deploy: those who came when there were few were told to come back within a second. */
const MOST_AT_FIRST = 200;
/** From then on: what the gateway asks for, and as much again for chance. */
const MOST = 100;
/** Who comes within so long of another comes at the same time. */
const TOGETHER_MS = 100;

type Connected = { runner: Runner; line: RunnerLine; windowMs: number };

/** As the Worker hands a runner on that it has checked: what is tried here begins at the object's door. */
async function connect(runner: Runner): Promise<Connected> {
  const identity = { id: runner.id, name: runner.name, publicKey: runner.key.publicKey };
  const headers = {
    Upgrade: "websocket",
    "Sec-WebSocket-Protocol": SUBPROTOCOL,
    [RUNNER_HEADER]: JSON.stringify(identity),
  };
  const line = await lineOf(await queue().fetch("http://queue", { headers }), runner);
  await line.sayHello();
  const { reconnectWindowMs } = await line.next("welcome");
  return { runner, line, windowMs: reconnectWindowMs };
}

async function deploy(connected: Connected[]): Promise<void> {
  await evict(queue(), { webSockets: "close" });
  await Promise.all(connected.map(({ line }) => line.closed));
}

/** Each at its moment. */
async function comeBack(connected: Connected[], dice: Dice): Promise<{ again: Connected[]; atMs: number[] }> {
  const due = connected.map(({ runner, windowMs }) => {
    return { runner, atMs: redialAfterMs({ is: "lost", windowMs }, 0, dice.next()) };
  });
  const again: Connected[] = [];
  for (let fromMs = 0; again.length < due.length; fromMs += TOGETHER_MS) {
    const now = due.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + TOGETHER_MS);
    again.push(...(await Promise.all(now.map(({ runner }) => connect(runner)))));
    advance(TOGETHER_MS);
  }
  return { again, atMs: due.map(({ atMs }) => atMs) };
}

function mostInASecond(times: number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length));
}

test("after a deploy five hundred runners come back spread out, and all are welcomed", {
  timeout: 180_000,
}, async () => {
  // A line per connection would take longer than the connection.
  vi.spyOn(console, "log").mockImplementation(() => {});
  const key = await aRunnerKey();
  const dice = new Dice(1);
  const runners = Array.from({ length: RUNNERS }, (_, index) => ({ id: `r-${index}`, name: `node-${index}`, key }));
  let connected = await Promise.all(runners.map(connect));
  for (const most of [MOST_AT_FIRST, MOST]) {
    await deploy(connected);
    const { again, atMs } = await comeBack(connected, dice);
    expect(mostInASecond(atMs)).toBeLessThanOrEqual(most);
    expect(await queue().runners()).toHaveLength(RUNNERS);
    connected = again;
  }
  expect(Math.max(...connected.map(({ windowMs }) => windowMs))).toBe(10_000);
});
