/** `hello`'s list of jobs against our rows: a verdict for each that it names, and an end or another try for the rest. */
import { refName } from "../../shared/ids.ts";
import type { Inventory, Welcome } from "../../shared/protocol.ts";
import { believeLaterAttempt, dropUnnamed, holdForAdoption } from "./adoption.ts";
import { isHeeded } from "./extension.ts";
import type { At } from "./job.ts";
import { hearAgain } from "./silence.ts";
import type { QueueState } from "./state.ts";
import { judge, judgeUnnamed } from "./verdicts.ts";

type Verdicts = Welcome["verdicts"];

/** An unknown inventory is a sign of life and nothing else. */
export function answerInventory(state: QueueState, runner: string, inventory: Inventory | "unknown", at: At): Verdicts {
  for (const job of state.jobs.heldBy(runner)) {
    state.save(job, hearAgain(job));
  }
  if (inventory === "unknown") {
    return [];
  }
  const named = new Set(inventory.map(({ ref }) => refName(ref)));
  for (const job of state.jobs.heldBy(runner)) {
    if (!named.has(refName({ job: job.id, incarnation: job.incarnation, attempt: job.attempt, rank: 0 }))) {
      state.save(job, judgeUnnamed(job, runner, at));
    }
  }
  dropUnnamed(state, runner, named);
  return inventory.map(({ ref, phase }) => {
    const row = state.jobs.get({ id: ref.job, incarnation: ref.incarnation });
    if (row === null) {
      return { ref, verdict: holdForAdoption(state, runner, { ref, phase }, at) ? "keep" : "forget" };
    }
    const job = believeLaterAttempt(state, row, runner, { ref, phase }, at);
    if (job.attempt !== ref.attempt || ref.rank !== 0) {
      return { ref, verdict: "forget" };
    }
    const judged = judge(job, runner, phase, at);
    state.save(row, judged.job);
    if (judged.verdict === "keep" && !isHeeded(judged.job)) {
      // The node counts with it for all we know, and its word was lost: it is asked for again.
      state.send({ runner, frame: { type: "extend", ref, wallMs: judged.job.terms.wallMs } });
    }
    const { job: _, ...answer } = judged;
    return { ref, ...answer };
  });
}
