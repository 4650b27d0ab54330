/**
 * `drain`: the runner takes no new jobs; waits until the last one has ended. With `--before` it takes until then what will
 * be over, and this only says so. 0 drained, or planned; 2 no runner, or usage.
 */
import { setTimeout as pause } from "node:timers/promises";
import { spelledMoment } from "../../shared/text.ts";
import { type Flags, textGiven } from "../config.ts";
import { askControl } from "../control-socket.ts";
import type { PlannedDrain } from "../drains.ts";
import { UsageError } from "../usage-error.ts";
import type { Command } from "./command.ts";
import { askStatus } from "./status.ts";

const LOOK_MS = 1_000;

export async function drain({ stateDir, flags }: Command): Promise<number> {
  const plan = plannedBy(flags, Date.now());
  if ((await askControl(stateDir, { ask: "drain", ...(plan === null ? {} : { plan }) })) === null) {
    console.error(`no runner works in ${stateDir}`);
    return 2;
  }
  if (plan !== null) {
    console.log(
      `drains from ${spelledMoment(plan.fromMs)} on; until then it takes jobs that will be over. resume ends it`,
    );
    return 0;
  }
  let told = -1;
  for (;;) {
    const found = await askStatus(stateDir);
    if (found === null) {
      console.error("the runner has stopped; its jobs go on, the next start takes them up");
      return 1;
    }
    if (found.jobs.length === 0) {
      console.log("drained: no jobs are left; resume or a restart takes jobs again");
      return 0;
    }
    if (found.jobs.length !== told) {
      told = found.jobs.length;
      console.log(
        `draining: ${told} ${told === 1 ? "job is" : "jobs are"} left (stopping this command changes nothing)`,
      );
    }
    await pause(LOOK_MS);
  }
}

/** @throws UsageError */
export function plannedBy(flags: Flags, nowMs: number): PlannedDrain | null {
  const [fromMs, untilMs] = [momentGiven("before", flags, nowMs), momentGiven("until", flags, nowMs)];
  if (fromMs === null) {
    if (untilMs !== null) {
      throw new UsageError("until: it goes with --before");
    }
    return null;
  }
  if (untilMs !== null && untilMs <= fromMs) {
    throw new UsageError("until: the drain would end before it begins");
  }
  return { reason: "planned by its operator", fromMs, untilMs };
}

/** As `2027-03-04T06:00`, in the machine's own time unless it names a zone. */
function momentGiven(name: string, flags: Flags, nowMs: number): number | null {
  const text = textGiven(name, flags, {});
  if (text === undefined) {
    return null;
  }
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError(`${name}: is not a moment such as 2027-03-04T06:00`);
  }
  if (ms <= nowMs) {
    throw new UsageError(`${name}: this moment is over`);
  }
  return ms;
}
