/**
 * The bound for large jobs on machines that serve two queues, each with workspaces that bring small jobs without end: in
 * each queue one as large as a machine, or one that is small and has its machine to itself. Once it has waited for an hour, it waits for those that waited when it came and for
 * the machine to drain, first for one queue, then for the other. Of what is brought later at most one small job, offered
 * before the machine could say so, gets in between.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CORES, type Order } from "../../../support/queue/busy-site.ts";
import { QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { CATEGORIES, type Category, SharedSite } from "../../../support/queue/shared-site.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LONGEST_MS = 3 * HOUR;
/** Of each noisy workspace, at any time, beside what is on the machines. */
const BACKLOG = 1;
/** An hour to be old, those before it, the machine drains, the first runs, the machine drains. */
const boundMs = (waiting: number) => HOUR + waiting * LONGEST_MS + LONGEST_MS + HOUR + LONGEST_MS;
const SETTINGS = { numRuns: 3, seed: 20_261_126, endOnFailure: true };
/** Nothing else is to happen in the queues in all this time. */
const ONLY_OFFERS = { waitingLineMs: 1_000 * HOUR, usageMs: 1_000 * HOUR, reconcileMs: 1_000 * HOUR };

type Noise = { machines: number; noisy: number; lasts: number[]; afterMs: number };

const noise = fc.record({
  machines: fc.integer({ min: 1, max: 2 }),
  noisy: fc.integer({ min: 1, max: 2 }),
  lasts: fc.array(fc.integer({ min: 5 * MINUTE, max: LONGEST_MS }), { minLength: 7, maxLength: 7 }),
  afterMs: fc.integer({ min: 0, max: 3 * HOUR }),
});

/** The site after a job as large as a machine came to each queue, and how long each of them waited. */
async function amongSmallJobs({ machines, noisy, lasts, afterMs }: Noise, order: Pick<Order, "cpu" | "exclusive">) {
  const queues = { a: new QueueUnderTest(ONLY_OFFERS), b: new QueueUnderTest(ONLY_OFFERS) };
  const site = await SharedSite.open(queues, machines);
  let drawn = 0;
  const makeNoise = (category: Category, workspace: string) => {
    drawn += 1;
    return site.post(category, { workspace, cpu: 1, lastsMs: lasts[drawn % lasts.length] ?? HOUR });
  };
  for (let index = 0; index < noisy * BACKLOG + (machines * CORES) / 2; index++) {
    for (const category of CATEGORIES) {
      await makeNoise(category, `noisy-${index % noisy}`);
    }
  }
  const goOn = async (untilMs: number) => {
    const ended = await site.untilNextEnd(untilMs - site.nowMs);
    if (ended?.workspace.startsWith("noisy")) {
      await makeNoise(ended.category, ended.workspace);
    }
  };
  const quietUntilMs = site.nowMs + afterMs;
  while (site.nowMs < quietUntilMs) {
    await goOn(quietUntilMs);
  }
  const postedAtMs = site.nowMs;
  const mostMs = boundMs(drawn - site.starts.length);
  const large = { workspace: "quiet", lastsMs: HOUR, ...order };
  const ids = [await site.post("a", large), await site.post("b", large)];
  const endMs = postedAtMs + 2 * mostMs;
  while (site.nowMs < endMs && ids.some((id) => site.startOf(id) === undefined)) {
    await goOn(endMs);
  }
  queues.a.close();
  queues.b.close();
  const waitsMs = ids.map((id) => (site.startOf(id)?.atMs ?? Number.POSITIVE_INFINITY) - postedAtMs);
  return { site, waitsMs, mostMs, postedAtMs, ids };
}

test.each([
  ["as large as a machine", { cpu: CORES }],
  ["that has its machine to itself", { cpu: 1, exclusive: true }],
])(
  "a job %s in each of two queues of the same machines begins within the bound",
  async (_, order) => {
    await fc.assert(
      fc.asyncProperty(noise, async (given) => {
        const { site, waitsMs, mostMs, postedAtMs, ids } = await amongSmallJobs(given, order);
        expect(Math.max(...waitsMs)).toBeLessThanOrEqual(mostMs);
        const firstMs = postedAtMs + Math.min(...waitsMs);
        const overtakers = site.starts.filter(({ id, atMs }) => {
          return Number(id) > Number(ids[1]) && atMs > postedAtMs + HOUR && atMs < firstMs;
        });
        expect(given.machines === 1 ? overtakers.length : 0).toBeLessThanOrEqual(1);
      }),
      SETTINGS,
    );
  },
  60_000,
);
