/**
 * What must hold after every fault, whatever it was. Judged from outside by what cannot be talked into anything: the
 * jobs' own files, Podman's list and its own event log, the runner's journal, UCloud's book. The numbers are those of
 * docs/faults.md.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { readTail } from "../../../runner/engine/k8s-log.ts";
import { eventually } from "../eventually.ts";
import type { RunnerProcess } from "../runner-process.ts";
import type { UcloudJob } from "../simulated-ucloud/job-book.ts";
import type { Site } from "../site.ts";
import { contentOf, type SiteJob } from "../site-job.ts";
import { leftOf, startsOf } from "./podman-events.ts";

const FINAL = ["SUCCESS", "FAILURE", "EXPIRED"];
const LEGAL = /^(RUNNING( SUSPENDED RUNNING)*( SUSPENDED)? )?(SUCCESS|FAILURE|EXPIRED)$/;
/** What a researcher reads of a change is a sentence, without our insides. */
const SENTENCE = /^[A-Z][^\n]{8,400}[.!]$/;
const INSIDES = /undefined|\[object|NaN|\bat .*\.ts:|ECONN|EngineError/;
const MAX_LOG_BYTES = 64 * 2 ** 20;

const adminJobSchema = z.object({ state: z.string(), told: z.string().nullable(), timeline: z.array(z.unknown()) });
const runnersSchema = z.object({ items: z.array(z.object({ name: z.string(), jobs: z.array(z.string()) })) });

export type Scene = { site: Site; runners: RunnerProcess[]; jobs: SiteJob[] };

/** What the program prints and, the same, writes to a file that no log can lose. */
export const PRINTED = "printed";

/** The last of what a fault has to come to without any human act. */
export async function comesToRest({ site, runners, jobs }: Scene): Promise<void> {
  await Promise.all(jobs.map((job) => job.reaches(...FINAL)));
  await eventually("UCloud is told everything", async () => (await site.admin.isAllTold()) || null);
  await eventually("nothing of the jobs is left at Podman", async () => {
    const left = await leftOf(site.podman);
    return left.some((what) => jobs.some(({ id }) => what.includes(`ucloud-${id}-`))) ? null : true;
  });
  await eventually("no journal has the jobs", () => runners.every((runner) => heldJobs(runner, jobs) === 0) || null);
}

export async function brokenInvariants(scene: Scene): Promise<string[]> {
  const { site, jobs } = scene;
  const starts = await startsOf(site.podman);
  const broken = await Promise.all(
    jobs.map(async (job) => [
      ...startedTwice(job, starts),
      ...wrongStates(job, site.ucloud.book.jobs.get(job.id)),
      ...(await lostOutput(job)),
      ...(await gatewayDisagrees(scene, job)),
    ]),
  );
  return [
    ...broken.flat(),
    ...site.ucloud.book.violations.map((violation) => `I2: ${violation}`),
    ...(await leftovers(scene)),
  ];
}

/** I1. A folder is one incarnation; Podman knows what began even where the program had no time to leave a line. */
function startedTwice(job: SiteJob, starts: string[]): string[] {
  const isKnown = starts.some((name) => name.startsWith(`ucloud-${job.id}-`));
  const blind = job.starts() > 0 && !isKnown ? [`I1: Podman's events say nothing of ${job.id}`] : [];
  const twice = job.workFolders().flatMap((work) => {
    const folder = basename(dirname(work));
    const lines = contentOf(join(work, "starts")).split("\n").filter(Boolean).length;
    const calls = starts.filter((name) => name.startsWith(`ucloud-${folder}-`)).length;
    return [
      ...(lines > 1 ? [`I1: the program of ${folder} began ${lines} times`] : []),
      ...(calls > 1 ? [`I1: Podman started containers of ${folder} ${calls} times`] : []),
    ];
  });
  return [...blind, ...twice];
}

/** I2 and I6. */
function wrongStates(job: SiteJob, record: UcloudJob | undefined): string[] {
  const updates = record?.updates ?? [];
  const states = job.states();
  const told = updates.filter(({ state }) => state !== null);
  const mute = updates.filter(({ state, status }) => {
    return status === null || INSIDES.test(status) || (state !== null && !SENTENCE.test(status));
  });
  const isSuccess = states.at(-1) === "SUCCESS";
  return [
    ...(LEGAL.test(states.join(" ")) ? [] : [`I2: UCloud heard of ${job.id}: ${states.join(", ")}`]),
    ...(updates.at(-1) === told.at(-1) ? [] : [`I2: UCloud heard of ${job.id} after its end`]),
    ...(isSuccess && states[0] === "RUNNING" && job.starts() === 0 ? [`I2: ${job.id} never ran`] : []),
    ...mute.map(({ state, status }) => `I6: ${job.id} became ${state} with the words ${status}`),
  ];
}

/** I3, of jobs that came to their own end: the log has every byte, in order, once. */
async function lostOutput(job: SiteJob): Promise<string[]> {
  const broken = job.workFolders().map(async (work) => {
    if (job.states().at(-1) !== "SUCCESS" || !existsSync(join(work, PRINTED))) {
      return [];
    }
    const logs = readdirSync(dirname(work)).filter((name) => name.endsWith(".log"));
    const texts = await Promise.all(logs.map((name) => readTail(join(dirname(work), name), MAX_LOG_BYTES)));
    const isWhole = Buffer.concat(texts).equals(readFileSync(join(work, PRINTED)));
    return isWhole ? [] : [`I3: the log of ${job.id} is not what its program wrote`];
  });
  return (await Promise.all(broken)).flat();
}

/** I2 and I6, by the gateway's own word. */
async function gatewayDisagrees({ site }: Scene, job: SiteJob): Promise<string[]> {
  const { body } = await site.admin.get(`/admin/jobs/${job.id}`);
  const view = adminJobSchema.safeParse(body);
  const state = job.states().at(-1);
  if (!view.success || view.data.state !== state || view.data.told !== state || view.data.timeline.length === 0) {
    return [`I2: ${job.id} is ${state} at UCloud, and the gateway has ${JSON.stringify(body)}`];
  }
  return [];
}

/** I4 and I5. */
async function leftovers({ site, runners, jobs }: Scene): Promise<string[]> {
  const ids = jobs.map(({ id }) => id);
  const left = (await leftOf(site.podman)).filter(
    (what) => !what.startsWith("container") || ids.some((id) => what.includes(`ucloud-${id}-`)),
  );
  const { body } = await site.admin.get("/admin/runners");
  const counted = runnersSchema.parse(body).items.flatMap((runner) => runner.jobs.filter((id) => ids.includes(id)));
  return [
    ...left.map((what) => `I4: ${what} is left`),
    ...runners.flatMap((runner) =>
      heldJobs(runner, jobs) > 0 ? [`I4: a journal row is left in ${runner.stateDir}`] : [],
    ),
    ...counted.map((id) => `I5: ${id} still counts as running`),
  ];
}

/** Rows of the journal that are about these jobs. A journal that cannot be read now is asked again by who waits. */
function heldJobs({ stateDir }: RunnerProcess, jobs: SiteJob[]): number {
  const path = join(stateDir, "journal.sqlite");
  if (!existsSync(path)) {
    return 0;
  }
  const journal = new DatabaseSync(path, { readOnly: true });
  try {
    const names = journal
      .prepare("SELECT name FROM attempts")
      .all()
      .map((row) => String(row.name));
    return names.filter((name) => jobs.some(({ id }) => name.startsWith(`ucloud-${id}-`))).length;
  } finally {
    journal.close();
  }
}
