/** Creates, one at a time. */
import { alternate } from "../alternation.ts";
import { aRecordedJob, bulkBody, Poster } from "../creates.ts";
import { BenchGateway, startFloor } from "../gateway.ts";
import type { Row } from "../row.ts";
import { percentile } from "../statistics.ts";

const WARM_UP = 300;
const CREATES = 400;

export const createLatency: Row = {
  number: 2,
  title: "create, one at a time",
  async measure(conditions) {
    const gateway = await BenchGateway.start(conditions);
    const floor = await startFloor(conditions);
    const ours = new Poster(gateway.url, gateway.token, 1);
    const theirs = new Poster(floor.url, null, 1);
    await timesOf(ours, WARM_UP);
    await timesOf(theirs, WARM_UP);
    const sides = { ours: () => timesOf(ours, CREATES), floor: () => timesOf(theirs, CREATES) };
    const measured = await alternate(conditions.rounds, sides);
    ours.close();
    theirs.close();
    return (["p50", "p99"] as const).map((share) => ({
      measure: `${createLatency.title}, ${share}`,
      unit: "ms",
      ours: measured.ours[share],
      beside: { name: "bare object, unparsed", value: measured.floor[share] },
      goal: { atMost: 1.3 },
    }));
  },
};

async function timesOf(poster: Poster, count: number): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    times.push(await poster.post(bulkBody(aRecordedJob())));
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
