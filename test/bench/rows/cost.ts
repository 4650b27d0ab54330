/** What one job costs at the gateway from its create to its end: alone, and as one of a hundred at a time. */
import { setTimeout as pause } from "node:timers/promises";
import { type Counts, countedSince, readCounts } from "../counted/counts.ts";
import { aNoOp, bodyOf, Poster } from "../creates.ts";
import { BenchGateway } from "../gateway.ts";
import { type Cost, dollarsPerMillion, freeJobsADay } from "../prices.ts";
import type { Bound, Line, Row } from "../row.ts";
import { ScriptedRunner } from "../scripted-runner.ts";

const MANY = 100;
/** The queue's own words about a new runner come within a minute. */
const SETTLED_MS = 65_000;
/** No container starts sooner; the queue has heard by then that the create's answer has left. */
const STARTS_AFTER_MS = 100;
/** What a job leaves behind for later: a last look at the lease, and how the queue stands now. */
const AFTERMATH_MS = 95_000;

type Bounds = { rowsWritten: Bound; objectRequests: Bound | null };

export const cost: Row = {
  number: 8,
  title: "cost of a job",
  isCounted: true,
  async measure(conditions) {
    const gateway = await BenchGateway.start(conditions, "counted");
    const runner = await ScriptedRunner.enroll(gateway, "node-1", MANY);
    await runner.connect();
    await pause(SETTLED_MS);
    const alone = await costOf(gateway, runner, 1);
    const many = await costOf(gateway, runner, MANY);
    runner.close();
    return [
      ...linesOf("alone", alone, { rowsWritten: { atMost: 15 }, objectRequests: { atMost: 4 } }),
      ...linesOf(`of ${MANY}`, many, { rowsWritten: { atMost: 12 }, objectRequests: null }),
    ];
  },
};

type Spent = { job: Cost & Pick<Counts, "subrequests">; later: Counts; calls: string };

async function costOf(gateway: BenchGateway, runner: ScriptedRunner, count: number): Promise<Spent> {
  const poster = new Poster(gateway.url, gateway.token, 1);
  const jobs = Array.from({ length: count }, () => aNoOp());
  const before = await readCounts(gateway.url);
  const cpuMs = await gateway.workerd.cpuMs();
  gateway.expect(...jobs);
  for (const job of jobs) {
    await poster.post(bodyOf(job));
  }
  const refs = await Promise.all(jobs.map(async () => (await runner.next("offer")).ref));
  await pause(STARTS_AFTER_MS);
  for (const ref of refs) {
    await runner.start(ref);
  }
  await allReach(gateway, jobs, "RUNNING");
  for (const ref of refs) {
    runner.end(ref);
  }
  await allReach(gateway, jobs, "SUCCESS");
  // The queue notes that UCloud has taken it.
  await pause(500);
  const after = await readCounts(gateway.url);
  const spentMs = (await gateway.workerd.cpuMs()) - cpuMs;
  await pause(AFTERMATH_MS);
  const counted = countedSince(before, after);
  const share = (part: keyof Omit<Counts, "calls">): number => counted[part] / count;
  return {
    job: {
      ...{ workerRequests: share("workerRequests"), objectRequests: share("objectRequests") },
      ...{ socketMessages: share("socketMessages"), subrequests: share("subrequests") },
      ...{ rowsRead: share("rowsRead"), rowsWritten: share("rowsWritten"), cpuMs: spentMs / count },
    },
    later: countedSince(after, await readCounts(gateway.url)),
    calls: JSON.stringify(counted.calls),
  };
}

async function allReach({ ucloud }: BenchGateway, jobs: { id: string }[], state: string): Promise<void> {
  for (const { id } of jobs) {
    await ucloud.book.reaches(id, state);
  }
}

function linesOf(which: string, { job, later, calls }: Spent, bounds: Bounds): Line[] {
  console.error(`${which}: ${calls}`);
  const line = (what: string, ours: number, goal: Bound | null = null, unit = ""): Line => {
    return { measure: `a job ${which}: ${what}`, unit, ours, beside: null, goal };
  };
  return [
    line("rows written", job.rowsWritten, bounds.rowsWritten),
    line("rows read", job.rowsRead),
    line("Worker requests", job.workerRequests),
    line("object requests", job.objectRequests, bounds.objectRequests),
    line("messages on sockets", job.socketMessages),
    line("requests to UCloud", job.subrequests),
    line("processor time", job.cpuMs, null, "ms"),
    line("object requests of all in the 95 s after", later.objectRequests),
    line("rows written by all in the 95 s after", later.rowsWritten),
    line("a million of them at list price", dollarsPerMillion(job), null, "$"),
    line("the free plan carries, polls included", freeJobsADay(job), null, "a day"),
  ];
}
