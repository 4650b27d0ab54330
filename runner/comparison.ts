/** Listings after the first: what Podman says of the known ones is looked at one by one, and leftovers go. */
import { refName } from "../shared/ids.ts";
import { removeLeftover } from "./adopt-all.ts";
import { isLeftover } from "./adoption.ts";
import type { Context } from "./attempt/context.ts";
import { mayBeAlive } from "./attempt/finding.ts";
import { notBeforeMs } from "./attempt/record.ts";
import type { Holdings } from "./holdings.ts";
import type { Own } from "./ownership.ts";

export async function compareAll(context: Context, holdings: Holdings, own: Own[]): Promise<void> {
  const { engine, journal } = context;
  const facts = new Map(own.map((mine) => [mine.facts.name, mine.facts]));
  for (const execution of holdings.all()) {
    const seen = facts.get(refName(execution.attempt.ref)) ?? null;
    const isAsKnown = mayBeAlive(seen) && (seen.status === "paused") === execution.isPaused();
    if (
      execution.isRunning() &&
      !(isAsKnown && (await engine.isAlive(seen, notBeforeMs(execution.attempt, context.now()))))
    ) {
      execution.look();
    }
  }
  for (const { facts: left, labels } of own) {
    if (isLeftover(labels, journal.generation, holdings.names())) {
      await removeLeftover(context, left.name);
    }
  }
}
