/**
 * What a look at the container says, in our words. Podman's own words are believed only as far as they were seen to be
 * true: `running` needs a living process, `exited` a code that somebody wrote, `created` a start that never was.
 */
import type { ContainerFacts } from "../engine/engine.ts";

export type Finding =
  | { is: "vanished" }
  /** `clean`: still as it was created; only then may it be started (again). */
  | { is: "never-ran"; clean: boolean }
  | { is: "alive"; startedAtPodman: number; paused: boolean }
  /** It ran; there is no process now and (so far) nobody has written how it ended. */
  | { is: "unclear"; startedAtPodman: number }
  | { is: "exited"; startedAtPodman: number; finishedAtPodman: number | null; exitCode: number; oom: boolean };

/** Only in the boot in which the container was made: after a reboot none of Podman's words about it holds. */
export function findingOf(facts: ContainerFacts | null, alive: boolean): Finding {
  if (facts === null) {
    return { is: "vanished" };
  }
  const { startedAtPodman, finishedAtPodman, exitCode, oom, status } = facts;
  if (startedAtPodman === null) {
    return { is: "never-ran", clean: status === "created" };
  }
  if (alive) {
    return { is: "alive", startedAtPodman, paused: status === "paused" };
  }
  if (status === "exited" && exitCode !== null && exitCode >= 0 && exitCode <= 255) {
    return { is: "exited", startedAtPodman, finishedAtPodman, exitCode, oom };
  }
  return { is: "unclear", startedAtPodman };
}

export function mayBeAlive(facts: ContainerFacts | null): facts is ContainerFacts {
  return facts !== null && ["running", "paused", "stopping", "other"].includes(facts.status);
}
