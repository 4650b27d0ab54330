/** What the process around an agent passes in. */
import type { JobPlan } from "../shared/plan.ts";
import type { JobSettings } from "./attempt/context.ts";
import type { Attempt } from "./attempt/record.ts";
import type { Machine } from "./capacity.ts";
import type { DeviceDeps } from "./devices/devices.ts";
import type { Drives } from "./drives/drives.ts";
import type { Engine } from "./engine/engine.ts";
import type { Hooks } from "./hooks/hooks.ts";
import type { Clock } from "./link.ts";
import type { Log } from "./log.ts";
import type { JobNetworks } from "./network/job-networks.ts";
import type { Remove } from "./removal.ts";
import type { Render } from "./template/render.ts";
import type { Timers } from "./timers.ts";

export type AgentSettings = JobSettings & {
  /** Below this no job is taken. */
  minFreeDiskBytes: number;
  /** What the runner fetched and no job has used for so long goes. */
  imageKeepMs: number;
};

export type AgentOptions = {
  engine: Engine;
  stateDir: string;
  /** What belongs to other categories is stopped: their gateway has given it up. */
  identity: { runnerId: string; categories: readonly string[] };
  settings: AgentSettings;
  machine: Machine;
  drives: Drives;
  networks: JobNetworks;
  /** What jobs get one by one. */
  devices: DeviceDeps;
  hooks: Hooks;
  clock: Clock;
  bootId: string;
  log: Log;
  /** Take up what a lost state folder has left; the folders in which runners work. Absent: leave it alone. */
  adoptForeign?: () => Promise<ReadonlySet<string>>;
  /** An attempt's outcome was journalled just now. */
  ended?(attempt: Attempt, plan: JobPlan | null): void;
  /** For tests; real ones otherwise. */
  timers?: Timers;
  render?: Render;
  diskQuotaMs?: number;
  folderBytes?: (folder: string) => Promise<number | null>;
  remove?: Remove;
  freeDiskBytes?: (folders: string[]) => Promise<number | null>;
};
