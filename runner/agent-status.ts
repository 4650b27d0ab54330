/** What a node shows of itself, to its operator and in its metrics. */
import type { Ref } from "../shared/ids.ts";
import type { Phase } from "../shared/protocol.ts";
import { factsToTell } from "./attempt/facts.ts";
import { holdsResources } from "./capacity.ts";
import type { Closing } from "./drains.ts";
import type { DriveStatus } from "./drives/drives.ts";
import type { NetworkStatus } from "./network/job-networks.ts";
import type { NodeState } from "./node-state.ts";
import type { PodmanChange } from "./podman-seen.ts";
import type { PodmanState } from "./podman-watch.ts";
import type { Closed } from "./reports.ts";

export type AgentStatus = {
  podman: PodmanState;
  /** null: it has not answered yet. */
  podmanVersion: string | null;
  /** The last change of its version under this process; null: there was none. */
  podmanChange: PodmanChange | null;
  closed: Closed;
  /** It is drained then, by anybody's word. */
  closing: Closing | null;
  /** True when the journal was missing or unreadable at this start. */
  journalLost: boolean;
  jobs: { ref: Ref; category: string; phase: Phase; gpus: string[]; ending: string | null; untold: number }[];
  /** Names of containers with our labels that belong to another runner or state folder. */
  foreign: string[];
  freeDiskBytes: number | null;
  /** Writes to the journal that failed since the start. */
  journalFailures: number;
  drives: DriveStatus[];
  networks: NetworkStatus;
  /** `job`: who has it. `trouble`: why no other gets it. */
  gpus: { name: string; kind: string | null; job: string | null; trouble: string | null }[];
  /** Why jobs with whole cores are not pinned to them; null: they are. */
  unpinned: string | null;
};

export function statusOf(node: NodeState): AgentStatus {
  const closing = node.drains.closing(node.now().nowMs);
  const { podman, seen, journalLost, context, freeDiskBytes } = node;
  const jobs = node.holdings.all().map((execution) => {
    const { ref, category, gpus, cause, outcome, settled } = execution.attempt;
    const ending = outcome?.kind ?? cause?.kind ?? (settled === "no" ? null : settled);
    const untold = factsToTell(execution.attempt, node.now(), context.settings).length;
    return { ref, category, phase: execution.phase(), gpus, ending, untold };
  });
  return {
    ...{ podman: podman.state, podmanVersion: seen.version, podmanChange: seen.change },
    ...{ closed: node.closed(), closing, journalLost, jobs, foreign: node.foreignNames },
    ...{ networks: context.networks.status(), gpus: gpusOf(node), unpinned: node.devices.unpinned() },
    ...{ drives: context.drives.status(), freeDiskBytes, journalFailures: node.guarded.failures() },
  };
}

function gpusOf({ devices, holdings }: NodeState): AgentStatus["gpus"] {
  const held = holdings.all().filter(({ attempt }) => holdsResources(attempt));
  return devices.gpus.map(({ name, kind }) => {
    const holder = held.find(({ attempt }) => attempt.gpus.includes(name));
    return { name, kind, job: holder?.attempt.ref.job ?? null, trouble: devices.lost.get(name) ?? null };
  });
}
