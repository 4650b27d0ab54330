/**
 * The first listing after a start: every row of the journal and every container of ours becomes an execution again, and
 * what is over already is journalled before the gateway hears anything.
 */
import { refName } from "../shared/ids.ts";
import { adoptContainer, adoptRow, isLeftover } from "./adoption.ts";
import type { Context } from "./attempt/context.ts";
import { Execution } from "./attempt/execution.ts";
import { findingOf, mayBeAlive } from "./attempt/finding.ts";
import { judge } from "./attempt/judgement.ts";
import { endByTime } from "./attempt/next-step.ts";
import { readOutputTail } from "./attempt/output-tail.ts";
import { type Attempt, notBeforeMs } from "./attempt/record.ts";
import { newView } from "./attempt/view.ts";
import type { ContainerFacts } from "./engine/engine.ts";
import type { Holdings } from "./holdings.ts";
import type { JournalRow } from "./journal.ts";
import type { LastHeard } from "./last-heard.ts";
import { errorFields } from "./log.ts";
import type { Own } from "./ownership.ts";

type Deps = { context: Context; holdings: Holdings; lastHeard: LastHeard };

/** Throws when Podman or the journal fails half way; called again, it goes on with what is missing. */
export async function adoptAll(deps: Deps, rows: JournalRow[], own: Own[]): Promise<void> {
  const { context, holdings, lastHeard } = deps;
  const containers = new Map(own.map((mine) => [refName(mine.labels.ref), mine]));
  for (const { attempt, plan } of rows) {
    const facts = containers.get(refName(attempt.ref))?.facts ?? null;
    const adopted = adoptRow(attempt, facts, context.now(), lastHeard.moment(attempt.category));
    await takeUp(deps, attempt, adopted, facts, plan);
  }
  const known = new Set(rows.map(({ attempt }) => refName(attempt.ref)));
  for (const { facts, labels } of own) {
    if (known.has(refName(labels.ref)) || holdings.get(labels.ref) !== null) {
      continue;
    }
    if (isLeftover(labels, context.journal.generation, known)) {
      await removeLeftover(context, facts.name);
      continue;
    }
    context.log.warn({ ref: labels.ref, sameBoot: labels.bootId === context.now().bootId }, "adopted_without_journal");
    await takeUp(deps, null, adoptContainer(facts, labels, context.now()), facts, null);
  }
}

/** One that cannot be removed now is tried at the next listing; it holds nobody up. */
export async function removeLeftover({ engine, log }: Context, name: string): Promise<void> {
  await engine.remove(name).catch((error) => log.warn({ name, ...errorFields(error) }, "leftover.not_removed"));
}

async function takeUp(
  { context, holdings }: Deps,
  before: Attempt | null,
  adopted: Attempt,
  facts: ContainerFacts | null,
  plan: JournalRow["plan"],
): Promise<void> {
  if (holdings.get(adopted.ref) !== null) {
    return;
  }
  if (adopted.outcome !== null && (before === null || before.outcome === null)) {
    await stopStray(context, facts);
  }
  const settled = await settleNow(context, adopted, facts);
  if (settled !== before) {
    context.journal.put(settled);
  }
  if (settled.outcome !== null && (before?.outcome ?? null) === null) {
    context.ended(settled, plan);
  }
  const execution = new Execution(context, settled, plan);
  holdings.add(execution);
}

/** What ended while the runner was away ended by itself; what is past its time is stopped before anything else. */
async function settleNow(context: Context, attempt: Attempt, facts: ContainerFacts | null): Promise<Attempt> {
  if (attempt.outcome !== null || attempt.settled !== "no") {
    return attempt;
  }
  const ran = facts !== null && attempt.start !== null ? facts : null;
  const isAlive = async (seen: ContainerFacts) =>
    mayBeAlive(seen) && (await context.engine.isAlive(seen, notBeforeMs(attempt, context.now())));
  const finding = ran === null ? null : findingOf(ran, await isAlive(ran));
  const now = context.now();
  if (finding?.is === "exited" || finding?.is === "alive") {
    const tail = finding.is === "exited" ? await readOutputTail(context, attempt) : null;
    attempt = judge(attempt, newView(), finding, { now, service: null, tail }).attempt;
  }
  return endByTime(attempt, { now, heard: context.heard(attempt.category) }) ?? attempt;
}

/** A container that another boot granted cannot be running; if it is all the same, it is not what was granted. */
async function stopStray(context: Context, facts: ContainerFacts | null): Promise<void> {
  if (mayBeAlive(facts) && (await context.engine.isAlive(facts, null))) {
    await context.engine.kill(facts.name, "KILL");
  }
}
