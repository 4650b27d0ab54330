/**
 * What the runner asks of a container engine. Every call has a deadline and answers with facts or throws `EngineError`;
 * a call whose answer is unknown (reset, deadline) throws `EngineError` with `unknown: true`, and the caller asks for
 * the facts before it does anything else.
 */
import type { Failure } from "../../shared/failure.ts";
import type { JobPlan } from "../../shared/plan.ts";

/** A failure of the engine, in our own words; `failure.side` decides whose fault it is. */
export class EngineError extends Error {
  override name = "EngineError";
  readonly failure: Failure;
  /** Nobody knows whether the call took effect. */
  readonly unknown: boolean;
  constructor(failure: Failure, options: { unknown?: boolean; cause?: unknown } = {}) {
    super(failure.code, { cause: options.cause });
    this.failure = failure;
    this.unknown = options.unknown ?? false;
  }
}

export type EngineInfo = {
  version: string;
  /** As in image manifests: `amd64`, `arm64`. */
  arch: string;
  rootless: boolean;
  graphRoot: string;
  /** `netavark` or `cni`; null: it does not say. */
  networkBackend: string | null;
  /** What Podman's user was not given of the kernel's controllers: limits of jobs would not hold. */
  missingControllers: string[];
  /** Containers can be pinned to cores. */
  hasCpuset: boolean;
  /** Changes when Podman's API service was started anew; null if it cannot be told. */
  serviceStartedAt: string | null;
};

export type ImageFacts = {
  id: string;
  digest: string | null;
  /** Fully qualified name that was used. */
  name: string;
  environment: Record<string, string>;
  /** For a plan with a script: the shell that runs it. */
  shell?: string;
  /** It came from a registry just now. */
  fetched?: boolean;
};

/**
 * `created` with `startedAt` null means never started, but only in the boot that `labels` name. A container that is set
 * up and waits for its start is `created` too; one of which it is not certain that it waits is `other`.
 */
export type ContainerFacts = {
  name: string;
  labels: Record<string, string>;
  status: "created" | "running" | "paused" | "stopping" | "exited" | "other";
  /** Of the first process, 0 if there is none. */
  pid: number;
  /** Milliseconds since the epoch, by Podman; null for its zero time. */
  startedAtPodman: number | null;
  finishedAtPodman: number | null;
  exitCode: number | null;
  oom: boolean;
  imageDigest: string | null;
};

/** A file or folder of the host that becomes part of a job's tree. */
export type LocatedMount = {
  source: string;
  destination: string;
  readOnly: boolean;
  kind: "folder" | "file";
  /** What was found there: only this may be mounted. */
  identity: string;
};

/** What a job has of drives, and what it is given to use them. */
export type DriveUse = {
  mounts: LocatedMount[];
  /** Further groups of the process. */
  groups: number[];
  /** Octal. */
  umask: string;
};

export type PullProgress = { text: string };

export type ContainerOrder = {
  /** Container and network name. */
  name: string;
  labels: Record<string, string>;
  plan: JobPlan;
  image: ImageFacts;
  /** Host folder that becomes `/work`. */
  workFolder: string;
  /** Files and folders of the host that the job reads at another place; everybody may read them. */
  files: { source: string; destination: string }[];
  /** What the site adds to the job's environment; the plan's own goes before it. */
  siteEnvironment?: Record<string, string>;
  /** Host path of the raw k8s-file log. */
  logFile: string;
  logCapBytes: number;
  /** Inside the container. */
  user: { uid: number; gid: number };
  /** Where that user is at home, if that is not `/work`; root is at home where the image says. */
  home?: string | null;
  /** Names of CDI devices, or none. */
  gpuDevices: string[];
  /** That it is pinned to; none or absent: it runs on all. */
  cores?: readonly number[];
  /** null or absent: it uses no drive. */
  drives?: DriveUse | null;
  /** Name services of a job whose network is made; null or absent: it has none. */
  resolvers?: readonly string[] | null;
};

export interface Engine {
  /** Short deadline; throws `podman_unavailable` when the service does not answer. */
  info(): Promise<EngineInfo>;
  /**
   * Sets a container of an image that is here up, without running its program, and sees that it waits for its start; it
   * goes again. False: there is no image to try it with. Throws what a job's set-up would.
   */
  trySetUp(): Promise<boolean>;
  /** All containers with our labels, of this and of other state folders, running or not. */
  list(): Promise<ContainerFacts[]>;
  /** null: there is no such container. */
  inspect(name: string): Promise<ContainerFacts | null>;
  /**
   * The image, pulled if it is missing or may have moved; the same image is pulled once however many ask. Then looks `argv[0]`, or the
   * shell for a script, up in it (archive API, with the image's PATH and the plan's). Throws job-side and node-side failures apart.
   */
  prepareImage(
    plan: JobPlan,
    options: { signal: AbortSignal; progress: (p: PullProgress) => void },
  ): Promise<ImageFacts>;
  /**
   * As `prepareImage`, where the image is here and no registry has to be asked first, as it has for what may have moved
   * (`latest`): then `ready` can travel with `accept`. Else null. Never asks the network.
   */
  presentImage(plan: JobPlan): Promise<ImageFacts | null>;
  /**
   * `removed` where it was not there either. `in-use`: a container has it. An id is removed only while no name leads to
   * it: somebody else's name is not ours to take.
   */
  removeImage(nameOrId: string): Promise<"removed" | "in-use">;
  /**
   * Network and container; a container of that name which already exists with the same labels counts as created. With
   * drives its mounts are secured; one whose mounts are not what they should be is removed again.
   */
  create(order: ContainerOrder): Promise<void>;
  /**
   * Sets the container up without running its program, and looks at each mount: it must be what was found on the drive.
   * Whatever happens to the path afterwards, the mount stays. Throws `file_not_usable` where something else is mounted.
   */
  secureMounts(name: string, mounts: readonly LocatedMount[]): Promise<void>;
  /** Whether the mounts that this process secured are still those that a start would run with. */
  hasSecuredMounts(name: string): Promise<boolean>;
  /**
   * Makes sure of the rules of the container's network, if it has one: sets it up without running its program, and sees
   * that its bridge is where the rules are and that they stand. Throws `network_failed`.
   */
  secureNetwork(name: string): Promise<void>;
  /**
   * Once per `go`: Podman starts an exited container again. One with a network is started only
   * with `secureNetwork`; else `network_failed`. `startMs` is the deadline. An answer that never came is
   * thrown with `unknown: true`.
   */
  start(name: string, startMs: number): Promise<void>;
  /** Resolves with the exit code when the container has exited; rejects when the service goes away or on abort. */
  wait(name: string, signal: AbortSignal): Promise<number>;
  /** No error when the container does not run any more. Unpauses for KILL. */
  kill(name: string, signal: "TERM" | "KILL"): Promise<void>;
  /** The whole container stands still. No error when it does already, or does not run any more. */
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  /** Container (also a running one) and its network; nothing there is no error. */
  remove(name: string): Promise<void>;
  /** Removes networks that this runner made for jobs which are not known any more. */
  sweepNetworks(isKnown: (name: string) => boolean): Promise<void>;
  /** Bytes in the container's own layer; null: it is not there, or cannot be told in time. */
  layerBytes(name: string): Promise<number | null>;
  /**
   * Whether the container's first process is alive and really its own: pid, start time and cgroup. `notBeforeMs`: the
   * uptime that its container is younger than; null: not known.
   */
  isAlive(facts: ContainerFacts, notBeforeMs: number | null): Promise<boolean>;
}
