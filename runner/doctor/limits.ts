/** Whether the kernel holds a container within its limits: it took more, and was or was not stopped. */
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";
import { CORES, type Trial } from "./trial.ts";

const ADVICE =
  "Jobs could take the machine from each other. Boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1); rootless, " +
  "delegate cpu, memory and pids to user@.service.";
const PERIOD_US = 100_000;
/** Of a program that the kernel ended. */
const KILLED = 137;

export async function checkLimits(examination: Examination): Promise<Found[]> {
  const trial = await examination.trial();
  if (trial === null) {
    return [skipped("there was no container")];
  }
  const missing = missingLimits(trial);
  return [
    missing.length === 0
      ? good("of memory, processes and cores hold")
      : bad(`not held by the kernel: ${missing.join(", ")}`, ADVICE),
  ];
}

/** Pure. A quota that cannot be seen from inside is given the benefit of the doubt. */
export function missingLimits({ memory, processes, quota }: Pick<Trial, "memory" | "processes" | "quota">): string[] {
  return [
    ...(memory === KILLED ? [] : ["memory"]),
    ...(processes === null || processes === 0 ? ["processes"] : []),
    ...(quota === null || quota === String(CORES * PERIOD_US) ? [] : ["cores"]),
  ];
}
