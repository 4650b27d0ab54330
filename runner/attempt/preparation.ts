/**
 * From accepted to ready: the image and, where there is one, the script; then the job's folder and the container.
 * Nothing here runs the job's program, so every failure that lasts is told as `not-started`.
 */
import type { Failure, FailureCode } from "../../shared/failure.ts";
import { type Ref, refName } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { EngineError, type ImageFacts } from "../engine/engine.ts";
import { hasCode } from "../error-code.ts";
import { errorFields } from "../log.ts";
import { RendererError } from "../template/render.ts";
import { within } from "../timers.ts";
import type { Context } from "./context.ts";
import { placeMounts } from "./drive-mounts.ts";
import { ETC_UCLOUD, scriptName, writeNodeFiles, writeScript } from "./etc-ucloud.ts";
import type { Execution } from "./execution.ts";
import { grantedPlan } from "./granted-plan.ts";
import { type FolderOwner, type FolderRights, folderOf, makeJobFolder } from "./job-folder.ts";
import { writeJobParameters } from "./job-parameters.ts";
import { neverRan } from "./outcome.ts";
import { siteEnvironment, writeAuthorities } from "./way-out.ts";

/** A pull that takes longer does not come to an end. */
const PULL_MS = 2 * 60 * 60 * 1000;
/** A Podman that is away for a moment is waited for; then the job is better off on another machine. */
const TRIES = 6;
const DISK_FULL = ["ENOSPC", "EDQUOT"];

export async function prepareImage(execution: Execution): Promise<void> {
  const { context, plan, pullSignal } = execution;
  if (plan === null) {
    throw new Error("an attempt without a plan has its container already");
  }
  const overdue = new AbortController();
  const signal = AbortSignal.any([pullSignal, overdue.signal]);
  const progress = ({ text }: { text: string }) => execution.progress.offer(text);
  const granted = grantedPlan(plan, context);
  let image: ImageFacts | null = null;
  try {
    const pulled = await within(context.timers, PULL_MS, context.engine.prepareImage(granted, { signal, progress }));
    image = pulled.in === "time" ? pulled.value : null;
  } catch (error) {
    failOrRetry(execution, error, "pull_failed");
    return;
  } finally {
    overdue.abort();
    execution.progress.stop();
  }
  if (image === null) {
    giveUp(execution, { code: "pull_failed" });
    return;
  }
  if (await makeScript(execution, granted)) {
    hasImage(execution, image);
  }
}

/** False: the attempt is over, or is tried again. After a crash it is made anew, as long as start was not called. */
async function makeScript(execution: Execution, plan: JobPlan): Promise<boolean> {
  const { context, attempt, pullSignal } = execution;
  if (plan.script === undefined) {
    return true;
  }
  const paths = folderOf(context.settings, attempt);
  try {
    const rendered = await context.render({ script: plan.script, rank: attempt.ref.rank }, pullSignal);
    if (rendered.is === "failed") {
      giveUp(execution, rendered.failure);
      return false;
    }
    await makeJobFolder(paths, folderRights(execution, plan));
    await writeScript(paths, attempt.ref, rendered.text);
    return true;
  } catch (error) {
    failOrRetry(execution, error, error instanceof RendererError ? "renderer_failed" : "mount_failed");
    return false;
  }
}

/** Says `ready`; the container is made meanwhile, before or after `go` comes. */
function hasImage(execution: Execution, image: ImageFacts): void {
  execution.context.imageUsed(image);
  execution.view = { ...execution.view, image, failures: 0 };
  sayReady(execution);
}

export function sayReady(execution: Execution): void {
  const { attempt, view, context } = execution;
  const prepared = view.image !== null || attempt.start !== null;
  const waits = attempt.go === null && attempt.started === null && attempt.outcome === null;
  if (prepared && waits && attempt.settled === "no") {
    context.say(attempt.category, { type: "ready", ref: attempt.ref });
  }
}

export async function createContainer(execution: Execution): Promise<void> {
  const { context, plan, attempt, view } = execution;
  const { settings } = context;
  if (plan === null || view.image === null) {
    throw new Error("a container is made from a plan and an image");
  }
  const granted = grantedPlan(plan, context);
  const user = granted.asRoot ? { uid: 0, gid: 0 } : settings.jobUser;
  const paths = folderOf(settings, attempt);
  try {
    await fillJobFolder(execution, granted, view.image);
    const drives = await placeMounts(context, granted, paths.work);
    await context.engine.create({
      name: refName(attempt.ref),
      labels: context.labels(attempt, granted),
      plan: withCommand(granted, view.image, attempt.ref),
      image: view.image,
      workFolder: paths.work,
      files: [{ source: paths.etc, destination: ETC_UCLOUD }],
      siteEnvironment: siteEnvironment(granted, settings.wayOut),
      logFile: paths.log,
      logCapBytes: settings.logCapBytes,
      user,
      gpuDevices: attempt.gpus,
      cores: attempt.cores,
      drives,
    });
    execution.view = { ...execution.view, created: true, failures: 0 };
  } catch (error) {
    failOrRetry(execution, error, "mount_failed");
  }
}

async function fillJobFolder(execution: Execution, plan: JobPlan, image: ImageFacts): Promise<void> {
  const { context, attempt } = execution;
  const paths = folderOf(context.settings, attempt);
  const rights = folderRights(execution, plan);
  await makeJobFolder(paths, rights);
  await writeNodeFiles(paths, attempt.ref, plan);
  await writeAuthorities(paths, plan, context.settings.wayOut);
  await writeJobParameters(paths, { plan, image, owner: rights.owner }).catch((error) => {
    if (hasCode(error, ...DISK_FULL)) {
      throw error;
    }
    context.log.warn({ ref: attempt.ref, ...errorFields(error) }, "job_parameters.not_written");
  });
}

function withCommand(plan: JobPlan, image: ImageFacts, ref: Ref): JobPlan {
  return plan.script === undefined
    ? plan
    : { ...plan, argv: [image.shell ?? "sh", `${ETC_UCLOUD}/${scriptName(ref)}`] };
}

function folderRights({ context, attempt }: Execution, plan: JobPlan): FolderRights {
  const { settings, stateFolder } = context;
  const isShown = settings.jobsBelow.length > 0 || attempt.outputFolder !== null;
  return { owner: folderOwner(context, plan), isShown, stateFolder };
}

function folderOwner({ rootless, settings }: Context, { asRoot }: JobPlan): FolderOwner {
  if (rootless()) {
    return "rootless";
  }
  return asRoot ? "podman" : settings.jobUser;
}

/** An answer that never came and a Podman that is away are tried again; anything else is the end of this attempt. */
function failOrRetry(execution: Execution, error: unknown, otherwise: FailureCode): void {
  if (isOver(execution)) {
    return;
  }
  const known = error instanceof EngineError;
  const passing = known && (error.unknown || error.failure.code === "podman_unavailable");
  if (passing && execution.view.failures + 1 < TRIES) {
    execution.retryLater(error);
    return;
  }
  execution.context.log.warn({ ref: execution.attempt.ref, ...errorFields(error) }, "attempt.preparation_failed");
  giveUp(execution, known ? error.failure : { code: hasCode(error, ...DISK_FULL) ? "disk_full" : otherwise });
}

/** Start was never called, in this boot, as the whole journal says: the attempt certainly did not run. */
function giveUp(execution: Execution, failure: Failure): void {
  if (!isOver(execution)) {
    execution.save(neverRan(execution.attempt, execution.context.now(), failure));
  }
}

/** By an order that came meanwhile. */
function isOver({ closed, attempt }: Execution): boolean {
  return closed || attempt.outcome !== null || attempt.settled !== "no";
}
