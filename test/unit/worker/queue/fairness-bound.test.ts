/**
 * The bounds of fairness, on the real queue and against workspaces that bring more work than there is room, without end:
 *
 * - **Sharing.** A workspace that has nothing on a machine waits for at most one start of each lane (machine type ×
 *   workspace) that waits too, however many jobs the others have brought before.
 * - **Large jobs.** Once a job as large as a machine has waited for an hour, no job that came after it begins on its
 *   machine before it. So it waits for that hour, for those that waited when it came, and for the machine to drain:
 *   whatever is brought later.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BusySite, CORES, type Order } from "../../../support/queue/busy-site.ts";
import { QueueUnderTest } from "../../../support/queue/queue-under-test.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AGED_MS = HOUR;
const LONGEST_MS = 3 * HOUR;
/** The same ones each time; a failure is not made smaller, which would take minutes. */
const SETTINGS = { numRuns: 5, seed: 20_261_125, endOnFailure: true };
/** Longer than anything may wait here. */
const HORIZON_MS = 30 * HOUR;
/** Nothing else is to happen in the queue in all this time. */
const ONLY_OFFERS = { waitingLineMs: 1_000 * HOUR, usageMs: 1_000 * HOUR, reconcileMs: 1_000 * HOUR };
/** Of each noisy workspace, at any time. */
const BACKLOG = 2;

type Noise = { machines: number; noisy: number; lasts: number[]; afterMs: number };

const noise = fc.record({
  machines: fc.integer({ min: 1, max: 3 }),
  noisy: fc.integer({ min: 1, max: 3 }),
  lasts: fc.array(fc.integer({ min: 5 * MINUTE, max: LONGEST_MS }), { minLength: 7, maxLength: 7 }),
  afterMs: fc.integer({ min: 0, max: 6 * HOUR }),
});

/** Noisy workspaces fill the machines and keep a backlog for ever; then `orders` come. The ids of those. */
async function among({ machines, noisy, lasts, afterMs }: Noise, orders: Order[]) {
  const queue = new QueueUnderTest(ONLY_OFFERS);
  const site = await BusySite.open(queue, machines);
  let drawn = 0;
  const makeNoise = async (workspace: string) => {
    drawn += 1;
    await site.post({ workspace, cpu: 1, lastsMs: lasts[drawn % lasts.length] ?? HOUR });
  };
  for (let index = 0; index < noisy * (BACKLOG + machines * CORES); index++) {
    await makeNoise(`noisy-${index % noisy}`);
  }
  const goOn = async (untilMs: number) => {
    const ended = await site.untilNextEnd(untilMs - queue.nowMs);
    if (ended?.startsWith("noisy")) {
      await makeNoise(ended);
    }
  };
  const beginMs = queue.nowMs;
  while (queue.nowMs < beginMs + afterMs) {
    await goOn(beginMs + afterMs);
  }
  const postedAtMs = queue.nowMs;
  const before = site.starts.length;
  const waiting = drawn - before;
  const ids: string[] = [];
  for (const order of orders) {
    ids.push(await site.post(order));
  }
  while (queue.nowMs < postedAtMs + HORIZON_MS && ids.some((id) => site.startOf(id) === undefined)) {
    await goOn(postedAtMs + HORIZON_MS);
  }
  queue.close();
  return { site, ids, postedAtMs, before, waiting };
}

test("a workspace with nothing on a machine waits for one start of each other lane at most", async () => {
  await fc.assert(
    fc.asyncProperty(noise, async (given) => {
      const quiet = { workspace: "quiet", cpu: 1, lastsMs: HOUR };
      const { site, ids, before } = await among(given, [quiet]);
      const place = site.starts.findIndex(({ id }) => id === ids[0]);
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place - before).toBeLessThanOrEqual(given.noisy);
    }),
    SETTINGS,
  );
});

test.each(["quiet", "noisy-0"])(
  "a job as large as a machine (of workspace %s) begins within the bound",
  async (workspace) => {
    await fc.assert(
      fc.asyncProperty(noise, async (given) => {
        const large = { workspace, cpu: CORES, lastsMs: HOUR };
        const { site, ids, postedAtMs, waiting } = await among(given, [large]);
        const start = site.startOf(ids[0] ?? "");
        expect(start).toBeDefined();
        const agedAtMs = postedAtMs + AGED_MS;
        const startMs = start?.atMs ?? Number.POSITIVE_INFINITY;
        expect(startMs - agedAtMs).toBeLessThanOrEqual((waiting + 1) * LONGEST_MS);
        const overtakers = site.starts.filter(({ id, atMs }) => {
          return Number(id) > Number(start?.id) && atMs > agedAtMs && atMs <= startMs;
        });
        expect(given.machines === 1 ? overtakers : []).toEqual([]);
      }),
      SETTINGS,
    );
  },
);
