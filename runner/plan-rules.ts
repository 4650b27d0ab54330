/**
 * What no plan may ask, whoever sends it. The gateway never does; a runner does not depend on that, because what it
 * starts runs on its own machine. Room, GPUs, networks and root are judged where they are given.
 */
import type { Failure } from "../shared/failure.ts";
import { type JobPlan, MAX_ARGUMENT_BYTES } from "../shared/plan.ts";
import { utf8Length } from "../shared/text.ts";

/** Without a share of these Podman would set no limit at all. */
const LEAST_CPU = 0.001;
const LEAST_MEMORY_BYTES = 4 * 2 ** 20;
const LONGEST_MS = 366 * 86_400_000;
const LONGEST_GRACE_MS = 600_000;
const MAX_VARIABLES = 4096;
const MAX_PATH_CHARS = 4096;

/** null: nothing against it. `detail` names the kind of thing and quotes nothing. */
export function unacceptable(plan: JobPlan): Failure | null {
  const [detail] = [
    ...(isSized(plan) ? [] : ["size"]),
    ...(isTimed(plan) ? [] : ["time"]),
    ...(plan.argv.every(isArgument) ? [] : ["arguments"]),
    ...(isEnvironment(plan.environment) ? [] : ["environment"]),
    ...(isPath(plan.workingDirectory ?? "") ? [] : ["working directory"]),
  ];
  return detail === undefined ? null : { code: "not_supported", detail };
}

function isSized({ resources: { cpu, memoryBytes } }: JobPlan): boolean {
  return cpu >= LEAST_CPU && memoryBytes >= LEAST_MEMORY_BYTES;
}

function isTimed({ wallMs, stopGraceMs, maxSuspendMs }: JobPlan): boolean {
  return wallMs <= LONGEST_MS && stopGraceMs <= LONGEST_GRACE_MS && (maxSuspendMs ?? 0) <= LONGEST_MS;
}

function isArgument(text: string): boolean {
  return !text.includes("\0") && utf8Length(text) <= MAX_ARGUMENT_BYTES;
}

/** As the kernel takes them: NAME=value, ended by a NUL. */
function isEnvironment(environment: JobPlan["environment"]): boolean {
  const entries = Object.entries(environment);
  const isGood = ([name, value]: [string, string]) => /^[^=\0]+$/.test(name) && isArgument(`${name}=${value}`);
  return entries.length <= MAX_VARIABLES && entries.every(isGood);
}

function isPath(text: string): boolean {
  return !text.includes("\0") && text.length <= MAX_PATH_CHARS;
}
