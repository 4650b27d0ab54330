/**
 * The site's own programs around jobs: `health` says whether the machine may take any, `prolog` prepares the machine for
 * one, `epilog` cleans up behind it. The runner says what they are about in the environment, never a user's parameter.
 */
import { type Ref, refName } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { cleanText } from "../../shared/text.ts";
import type { JobSettings } from "../attempt/context.ts";
import { folderOf } from "../attempt/job-folder.ts";
import type { Attempt } from "../attempt/record.ts";
import type { Log } from "../log.ts";
import type { Timers } from "../timers.ts";
import { type HookEnd, runHook } from "./hook.ts";

const HEALTH_EVERY_MS = 60_000;
const HEALTH_MS = 30_000;
/** Of `prolog` and `epilog`. */
const JOB_MS = 5 * 60_000;

export const HOOK_NAMES = ["health", "prolog", "epilog"] as const;
export type HookName = (typeof HOOK_NAMES)[number];
/** Absolute paths. */
export type HookPaths = Partial<Record<HookName, string>>;

type Deps = { paths: HookPaths; timers: Timers; log: Log; run?: typeof runHook };
type JobHook = { attempt: Attempt; plan: JobPlan | null; settings: JobSettings; signal: AbortSignal };

export class Hooks {
  readonly #deps: Deps;
  #illness: string | null;
  /** Devices that `health` takes out, and why. */
  lostGpus: ReadonlyMap<string, string> = new Map();
  /** Holds until the runner is started again: somebody has to look. */
  #unclean: string | null = null;
  #isClosed = false;
  #takeBack = () => {};

  constructor(deps: Deps) {
    this.#deps = deps;
    // Until it has spoken nobody knows.
    this.#illness = deps.paths.health === undefined ? null : "its health is not known yet";
  }

  /** Why the machine takes no job, in the program's own words; null: it may. */
  get unhealthy(): string | null {
    return this.#unclean ?? this.#illness;
  }

  has(name: HookName): boolean {
    return this.#deps.paths[name] !== undefined;
  }

  /** Asks `health` now and each minute; `changed`: it says something else. */
  begin(changed: () => void): void {
    const path = this.#deps.paths.health;
    if (path !== undefined) {
      void this.#askHealth(path, changed);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#takeBack();
  }

  async #askHealth(path: string, changed: () => void): Promise<void> {
    const { timers, log, run = runHook } = this.#deps;
    const environment = { UCLOUD_HOOK: "health" };
    const end = await run({ path, environment, deadlineMs: HEALTH_MS, timers });
    if (this.#isClosed) {
      return;
    }
    const illness = end.ok ? null : end.why;
    const lost = end.ok ? lostGpus(end.said ?? "") : this.lostGpus;
    if (this.#illness !== illness || String([...this.lostGpus]) !== String([...lost])) {
      this.#illness = illness;
      this.lostGpus = lost;
      log.info({ illness, gpus: [...lost.keys()] }, "hook.health");
      changed();
    }
    this.#takeBack = timers.after(HEALTH_EVERY_MS, () => void this.#askHealth(path, changed));
  }

  prolog(job: JobHook): Promise<HookEnd> {
    return this.#ofJob("prolog", job, {});
  }

  /** Where it failed, what it left may harm the next job. */
  async epilog(job: JobHook): Promise<void> {
    const { outcome, ref } = job.attempt;
    const exitCode = outcome?.kind === "exited" ? outcome.exitCode : null;
    const end = await this.#ofJob("epilog", job, {
      UCLOUD_OUTCOME: outcome?.kind ?? "forgotten",
      UCLOUD_EXIT_CODE: exitCode === null ? "" : String(exitCode),
    });
    if (!end.ok && !job.signal.aborted) {
      this.#unclean = `the epilog of job ${ref.job} failed, ${end.why}; restart the runner when the machine is clean`;
    }
  }

  async #ofJob(name: "prolog" | "epilog", job: JobHook, more: Record<string, string>): Promise<HookEnd> {
    const { paths, timers, log, run = runHook } = this.#deps;
    const path = paths[name];
    if (path === undefined) {
      return { ok: true };
    }
    const environment = { UCLOUD_HOOK: name, ...aboutJob(job), ...more };
    const end = await run({ path, environment, deadlineMs: JOB_MS, timers, signal: job.signal });
    if (!end.ok && !job.signal.aborted) {
      log.warn({ ref: job.attempt.ref, why: end.why }, `hook.${name}`);
    }
    return end;
  }
}

/** Each `gpu NAME WHY` on a line of its own; what else it says is not for us. */
function lostGpus(said: string): Map<string, string> {
  const lines = said.split("\n").flatMap((line) => [/^gpu\s+(\S+)\s*(.*)$/.exec(line.trim()) ?? []]);
  const named = lines.flatMap(([, name, why]) => (name === undefined ? [] : [[name, why] as const]));
  return new Map(
    named.map(([name, why]) => [name, `the site's own check: ${cleanText(why || "it is not well", 200)}`]),
  );
}

function aboutJob({ attempt, plan, settings }: JobHook): Record<string, string> {
  const { ref, category, gpus, terms } = attempt;
  return {
    ...aboutRef(ref),
    UCLOUD_CATEGORY: category,
    UCLOUD_PRODUCT: plan?.product.name ?? "",
    UCLOUD_WORKSPACE: plan?.workspace ?? "",
    UCLOUD_APPLICATION: plan === null ? "" : `${plan.application.name}@${plan.application.version}`,
    UCLOUD_CPU: String(terms.resources.cpu),
    UCLOUD_MEMORY_BYTES: String(terms.resources.memoryBytes),
    UCLOUD_GPUS: gpus.join(","),
    UCLOUD_WORK: folderOf(settings, attempt).work,
  };
}

function aboutRef(ref: Ref): Record<string, string> {
  return {
    UCLOUD_JOB: ref.job,
    UCLOUD_INCARNATION: ref.incarnation,
    UCLOUD_ATTEMPT: String(ref.attempt),
    UCLOUD_CONTAINER: refName(ref),
  };
}
