/** A story: what it is asked for by, what stands on its stage, and what happens. It throws when a promise is not kept. */
import { isDeepStrictEqual } from "node:util";
import type { RunnerProcess } from "../../test/support/runner-process.ts";
import { CATEGORY, type RunnerChoice, SHORT_TIMES, type Site, type SiteOptions } from "../../test/support/site.ts";
import type { SiteJob } from "../../test/support/site-job.ts";
import type { Narrator } from "./narrator.ts";

export type Stage = { site: Site; narrator: Narrator };

export type Story = {
  name: string;
  /** What it shows, for the list. */
  about: string;
  title: string;
  /** Said when all of it happened. */
  end: string;
  /** Asked for when the stage is built; `strike` is called when it is taken down. */
  stage(): Promise<SiteOptions & { strike?: () => Promise<void> }>;
  play(stage: Stage): Promise<void>;
};

/** A machine type whose programs are stopped at once, and times that nobody has to wait for. */
export const SMALL_SITE = {
  times: SHORT_TIMES,
  products: [
    {
      ...{ name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 0.5, price: 1 },
      ...{ description: "One core", stopGrace: 1, fundsGrace: 1 },
    },
  ],
};

/** How every story but the first begins. */
export async function setTheStage({ site, narrator }: Stage, choice: RunnerChoice = {}): Promise<RunnerProcess> {
  const runner = await site.runner("node-1", choice);
  await runner.start();
  narrator.step("A simulated UCloud, the gateway in workerd and one runner with its own Podman are there.");
  narrator.detail(`UCloud ${site.ucloud.url}, gateway ${site.gateway.url}`);
  return runner;
}

/** Says what UCloud's user reads when the job is in one of the states. */
export async function tellState({ narrator }: Stage, job: SiteJob, ...states: [string, ...string[]]): Promise<void> {
  await job.reaches(...states);
  narrator.step(`UCloud was told: ${job.states().at(-1)}`);
  narrator.quote(job.lastText() ?? "(without a text)");
}

/** What a real UCloud would not have forgiven. */
export function nothingWasWrong({ site }: Stage): void {
  mustBe("complaints of UCloud", site.ucloud.book.violations, []);
}

export function mustBe(what: string, seen: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(seen, wanted)) {
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, saw ${JSON.stringify(seen)}`);
  }
}
