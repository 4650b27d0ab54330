/**
 * A pause or its end, carried out with Podman. The moment of the call is on disk before it leaves: a process that is
 * killed after it finds the program as wanted and knows since when.
 */
import { refName } from "../../shared/ids.ts";
import type { Execution } from "./execution.ts";
import { mayBeAlive } from "./finding.ts";
import { callingFor, carriedOut } from "./suspension.ts";

export async function carryOut(execution: Execution, paused: boolean): Promise<void> {
  const { context, attempt } = execution;
  const { engine } = context;
  const name = refName(attempt.ref);
  const n = attempt.suspension?.n ?? 0;
  const facts = await engine.inspect(name);
  if (!mayBeAlive(facts)) {
    execution.look();
    return;
  }
  if ((facts.status === "paused") !== paused) {
    execution.save(callingFor(execution.attempt, context.now()));
    await (paused ? engine.pause(name) : engine.unpause(name));
  }
  // Orders that came meanwhile are in the attempt now; this one was carried out all the same.
  execution.save(carriedOut(execution.attempt, { n, paused }, context.now()));
  const { found } = execution.view;
  execution.view = { ...execution.view, failures: 0, found: found?.is === "alive" ? { ...found, paused } : found };
}
