/** Creates, sixteen at a time: what checking, parsing, compiling and storing a job cost beside storing its bytes. */
import { alternate } from "../alternation.ts";
import { aRecordedJob, bulkBody, Poster } from "../creates.ts";
import { BenchGateway, startFloor } from "../gateway.ts";
import type { Row } from "../row.ts";

const AT_ONCE = 16;
const WARM_UP = 300;
const CREATES = 1_500;

export const createRate: Row = {
  number: 1,
  title: "create, 16 at a time",
  async measure(conditions) {
    const gateway = await BenchGateway.start(conditions);
    const floor = await startFloor(conditions);
    const ours = new Poster(gateway.url, gateway.token, AT_ONCE);
    const theirs = new Poster(floor.url, null, AT_ONCE);
    await ours.postAll(newBodies(WARM_UP), AT_ONCE);
    await theirs.postAll(newBodies(WARM_UP), AT_ONCE);
    const measured = await alternate(conditions.rounds, { ours: () => rateOf(ours), floor: () => rateOf(theirs) });
    ours.close();
    theirs.close();
    const beside = { name: "bare object, unparsed", value: measured.floor.rate };
    const goal = { atLeast: 0.75 };
    return [{ measure: createRate.title, unit: "jobs/s", ours: measured.ours.rate, beside, goal }];
  },
};

async function rateOf(poster: Poster): Promise<{ rate: number }> {
  const bodies = newBodies(CREATES);
  const startMs = performance.now();
  await poster.postAll(bodies, AT_ONCE);
  return { rate: (CREATES / (performance.now() - startMs)) * 1000 };
}

function newBodies(count: number): Buffer[] {
  return Array.from({ length: count }, () => bulkBody(aRecordedJob()));
}
