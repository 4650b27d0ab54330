/**
 * Every listing after the first: an execution that Podman does not show as it is known is looked at by itself, and
 * containers that nobody knows any more go.
 */
import { refName } from "../shared/ids.ts";
import { removeLeftover } from "./adopt-all.ts";
import { isLeftover } from "./adoption.ts";
import type { Context } from "./attempt/context.ts";
import { mayBeAlive } from "./attempt/finding.ts";
import type { Holdings } from "./holdings.ts";
import type { Own } from "./ownership.ts";

export async function compareWithList(
  { context, holdings }: { context: Context; holdings: Holdings },
  own: Own[],
): Promise<void> {
  const facts = new Map(own.map((mine) => [mine.facts.name, mine.facts]));
  for (const execution of holdings.all()) {
    const seen = facts.get(refName(execution.attempt.ref)) ?? null;
    const isAsKnown = mayBeAlive(seen) && (seen.status === "paused") === execution.isPaused();
    if (execution.isRunning() && !(isAsKnown && (await context.engine.isAlive(seen)))) {
      execution.look();
    }
  }
  for (const { facts: left, labels } of own) {
    if (isLeftover(labels, context.journal.generation, holdings.names())) {
      await removeLeftover(context, left.name);
    }
  }
}
