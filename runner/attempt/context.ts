/** What every execution of a node shares: the world, passed in. */
import type { JobPlan } from "../../shared/plan.ts";
import type { RunnerFrame } from "../../shared/protocol.ts";
import type { Drives } from "../drives/drives.ts";
import type { Engine, ImageFacts } from "../engine/engine.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Journal } from "../journal.ts";
import type { Log } from "../log.ts";
import type { JobNetworks } from "../network/job-networks.ts";
import type { Render } from "../template/render.ts";
import type { Timers } from "../timers.ts";
import type { Attempt, Moment } from "./record.ts";
import type { DriveFolder } from "./results.ts";
import type { Heard } from "./silence.ts";
import type { WayOut } from "./way-out.ts";

export type JobSettings = {
  /** Holds the folders of jobs, or those that the template names. A path without links. */
  jobsDir: string;
  /** Folders in it, from a template; none for a plain path. */
  jobsBelow: string[];
  /** Folders that UCloud knows, without links in their paths: what lies in them is shown there. */
  driveFolders: Record<string, DriveFolder>;
  /** Folders of jobs that ended are removed after this. */
  workKeepMs: number;
  /** Inside the container, and the owner of `work/` where the runner may give folders away. */
  jobUser: { uid: number; gid: number };
  allowRoot: boolean;
  logCapBytes: number;
  /** Of jobs with a network; absent: nothing is said of it. */
  wayOut?: WayOut;
};

export type Context = {
  engine: Engine;
  journal: Journal;
  render: Render;
  drives: Drives;
  networks: JobNetworks;
  hooks: Hooks;
  settings: JobSettings;
  timers: Timers;
  log: Log;
  now(): Moment;
  heard(category: string): Heard;
  startMs(): number;
  rootless(): boolean;
  /** This state folder's own id. */
  stateFolder: string;
  labels(attempt: Attempt, plan: JobPlan): Record<string, string>;
  /** False and dropped when no line is up: facts are told again after `welcome`. */
  say(category: string, frame: RunnerFrame): boolean;
  /** Capacity, inventory or the number of attempts may be another now. */
  changed(): void;
  /** A job is about to use it. */
  imageUsed(image: ImageFacts): void;
  /** An engine call failed; Podman as a whole may be away. */
  troubled(error: unknown): void;
  /** Its outcome was journalled just now. */
  ended(attempt: Attempt, plan: JobPlan | null): void;
  /** The attempt's row is gone. */
  closed(attempt: Attempt): void;
};
