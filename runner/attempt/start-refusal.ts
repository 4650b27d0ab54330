/**
 * What must hold before start is called: the mounts are those that were meant, and the rules of the job's network stand.
 * It is asked before the call is journalled, so that a call lasts no longer than its deadline says.
 */
import type { Failure } from "../../shared/failure.ts";
import { refName } from "../../shared/ids.ts";
import { EngineError } from "../engine/engine.ts";
import { LABELS } from "../engine/labels.ts";
import { errorFields } from "../log.ts";
import { locate } from "./drive-mounts.ts";
import type { Execution } from "./execution.ts";

/** null: start may be called. Otherwise why it must not be. Throws where Podman does not answer. */
export async function refuseStart(execution: Execution): Promise<Failure | null> {
  const { context, attempt } = execution;
  const refusal = await refusedBy(execution, "attempt.mounts_not_secured", () => secureMounts(execution));
  const secure = () => context.engine.secureNetwork(refName(attempt.ref));
  return refusal ?? refusedBy(execution, "attempt.network_not_secured", secure);
}

/** Asks Podman nothing about a job without drives. */
async function secureMounts({ context, attempt, plan }: Execution): Promise<void> {
  const { engine } = context;
  const name = refName(attempt.ref);
  if (plan === null) {
    // Its plan is lost with a journal; without it nobody knows what was meant.
    const facts = await engine.inspect(name);
    if (facts?.labels[LABELS.mounts] !== undefined) {
      throw new EngineError({ code: "mount_failed", detail: "the journal is lost" });
    }
    return;
  }
  if (plan.mounts?.length && !(await engine.hasSecuredMounts(name))) {
    await engine.secureMounts(name, (await locate(context, plan))?.mounts ?? []);
  }
}

async function refusedBy(
  { context, attempt }: Execution,
  event: string,
  secure: () => Promise<void>,
): Promise<Failure | null> {
  try {
    await secure();
    return null;
  } catch (error) {
    if (error instanceof EngineError && !error.unknown && error.failure.code !== "podman_unavailable") {
      context.log.warn({ ref: attempt.ref, ...errorFields(error) }, event);
      return error.failure;
    }
    throw error;
  }
}
