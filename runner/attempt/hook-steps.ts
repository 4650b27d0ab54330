/**
 * The site's programs around one attempt. That the epilog is due is on disk before the prolog runs, so that what was
 * prepared is cleaned up after any crash; each may run again for the same attempt, the epilog always last.
 */
import type { Execution } from "./execution.ts";
import { neverRan } from "./outcome.ts";

export async function runProlog(execution: Execution): Promise<void> {
  const { context, plan, pullSignal } = execution;
  const { hooks, settings } = context;
  if (hooks.has("prolog") || hooks.has("epilog")) {
    execution.save({ ...execution.attempt, epilogDue: true });
  }
  const end = await hooks.prolog({ attempt: execution.attempt, plan, settings, signal: pullSignal });
  if (execution.closed || pullSignal.aborted) {
    // Its end was journalled meanwhile, or the process ends: the prolog was stopped with it.
    return;
  }
  execution.view = { ...execution.view, prologDone: true };
  if (!end.ok) {
    execution.save(neverRan(execution.attempt, context.now(), { code: "prolog_failed" }));
  }
}

/** Whatever it says, it is not run again: where it failed the machine takes no more jobs. */
export async function runEpilog(execution: Execution): Promise<void> {
  const { context, plan, watchSignal } = execution;
  const { hooks, settings } = context;
  await hooks.epilog({ attempt: execution.attempt, plan, settings, signal: watchSignal });
  if (!execution.closed) {
    execution.save({ ...execution.attempt, epilogDue: false });
  }
}
