/** A gateway comes back, and a thousand runners with it: how long the last one waits, and how many knock in one second. */
import { BenchGateway } from "../gateway.ts";
import type { Row } from "../row.ts";
import { ScriptedRunner } from "../scripted-runner.ts";

const RUNNERS = 1_000;
const AT_ONCE = 20;
const LOOK_MS = 50;
const PATIENCE_MS = 120_000;
/** A reconnect is a connection and a `hello`; what the platform documents for an object that writes is 500 to 200. */
const REQUESTS_EACH = 2;
const MAX_A_SECOND = 500;

export const herd: Row = {
  number: 11,
  title: `${RUNNERS} runners after a restart of the gateway`,
  async measure(conditions) {
    const gateway = await BenchGateway.start(conditions);
    const runners = await enrollAll(gateway);
    for (const runner of runners) {
      conditions.atEnd(() => runner.close());
    }
    await inTurns(runners, (runner) => runner.connect());
    await gateway.workerd.kill();
    const killedMs = performance.now();
    await gateway.workerd.start();
    const sinceMs = performance.now();
    const isBack = ({ welcomedAtMs }: ScriptedRunner): boolean => welcomedAtMs > killedMs;
    while (!runners.every(isBack) && performance.now() - sinceMs < PATIENCE_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const backMs = runners.filter(isBack).map(({ welcomedAtMs }) => welcomedAtMs - sinceMs);
    const lastS = backMs.length < RUNNERS ? Number.POSITIVE_INFINITY : Math.max(...backMs) / 1000;
    const perSecond = Map.groupBy(backMs, (ms) => Math.floor(ms / 1000));
    const peak = Math.max(...[...perSecond.values()].map((back) => back.length)) * REQUESTS_EACH;
    const title = herd.title;
    return [
      { measure: `${title}: all are back after`, unit: "s", ours: lastS, beside: null, goal: { atMost: 60 } },
      {
        measure: `${title}: most calls of the queue in one second`,
        ...{ unit: "", ours: peak, beside: null, goal: { atMost: MAX_A_SECOND } },
      },
    ];
  },
};

async function enrollAll(gateway: BenchGateway): Promise<ScriptedRunner[]> {
  const runners: ScriptedRunner[] = [];
  const names = Array.from({ length: RUNNERS }, (_, n) => `node-${n}`);
  await inTurns(names, async (name) => {
    runners.push(await ScriptedRunner.enroll(gateway, name, 1));
  });
  return runners;
}

async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  const workRest = async (): Promise<void> => {
    for (const one of rest) {
      await work(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, workRest));
}
