/**
 * Podman as the runner's engine, over its REST interface: the parts put together. A running container does not need
 * Podman's service, conmon holds it; the service may come and go between any two calls.
 */
import type { JobPlan } from "../../shared/plan.ts";
import type { Log } from "../log.ts";
import type { JobNetworks } from "../network/job-networks.ts";
import { type Means, setUp } from "./container-set-up.ts";
import {
  type ContainerFacts,
  type ContainerOrder,
  type Engine,
  EngineError,
  type EngineInfo,
  type ImageFacts,
  type LocatedMount,
  type PullProgress,
} from "./engine.ts";
import { type HostLimits, readHostLimits } from "./host-limits.ts";
import { Puller } from "./image-pull.ts";
import { ImageStore, type LocalImage } from "./image-store.ts";
import { MountProof } from "./mount-proof.ts";
import { type ContainerHost, PodmanContainers } from "./podman-containers.ts";
import type { Info } from "./podman-facts.ts";
import { createPodmanHttp, type PodmanHttp } from "./podman-http.ts";
import { askInfo, askVersion, engineInfo } from "./podman-info.ts";
import { PodmanNetworks } from "./podman-networks.ts";
import { rlimits } from "./podman-spec.ts";
import { provesLife, readProcess } from "./process-proof.ts";
import { ServiceFinder } from "./service-proof.ts";

export type PodmanOptions = {
  socketPath: string;
  /** Where an unqualified name is looked for after the local images; `none`: nowhere. */
  defaultRegistry: string;
  /** Credentials of registries in containers' own format; null: Podman's own. */
  authFile: string | null;
  /** Patterns of images that jobs may use; null: all. */
  allowList: readonly string[] | null;
  /** The site lets applications be root in their container, and the machine can (`rootCanBeGranted`). */
  allowRoot: boolean;
  /** Id of the state folder: helper containers that a killed runner left behind are known by it. */
  owner: string;
  /** The rules of jobs' networks; null: no job has one. */
  networks?: JobNetworks | null;
  log: Log;
};

/** What a script is run with, the first that the image has. Templates are written for bash. */
const SHELLS = ["bash", "sh"] as const;

export function createPodman(options: PodmanOptions): Engine {
  return new Podman(options);
}

class Podman implements Engine {
  readonly #options: PodmanOptions;
  readonly #http: PodmanHttp;
  readonly #images: ImageStore;
  readonly #containers: PodmanContainers;
  readonly #mounts: MountProof;
  readonly #networks: PodmanNetworks;
  readonly #means: Means;
  readonly #service: ServiceFinder;
  /** Kind of machine, user and place of the images stay what they are as long as the socket does. */
  #known: Info | null = null;
  #asking: Promise<Info> | null = null;
  #limits: HostLimits | null = null;

  constructor(options: PodmanOptions) {
    this.#options = options;
    this.#http = createPodmanHttp(options.socketPath);
    this.#service = new ServiceFinder(options.socketPath);
    const puller = new Puller({ http: this.#http, authFile: options.authFile });
    this.#images = new ImageStore({ http: this.#http, puller, rules: options, log: options.log });
    this.#containers = new PodmanContainers({ http: this.#http, host: () => this.#host() });
    this.#means = { http: this.#http, inspect: (name) => this.#containers.look(name) };
    this.#mounts = new MountProof(this.#means);
    this.#networks = new PodmanNetworks({ ...this.#means, owner: options.owner, rules: options.networks ?? null });
  }

  async #machine(): Promise<Info> {
    return this.#known ?? (await this.#askMachine());
  }

  /** One answer for all who ask at a time. */
  async #askMachine(): Promise<Info> {
    this.#asking ??= askInfo(this.#http).finally(() => {
      this.#asking = null;
    });
    this.#known = await this.#asking;
    return this.#known;
  }

  async #host(): Promise<ContainerHost> {
    const { host, store } = await this.#machine();
    this.#limits ??= await readHostLimits((await this.#service.find())?.pid ?? null);
    // A rootless user is seldom given the controller that the machine has.
    const ioWeight = this.#limits.ioWeight && (host.cgroupControllers?.includes("io") ?? true);
    return { rootless: host.security.rootless, limits: { ...this.#limits, ioWeight }, graphRoot: store.graphRoot };
  }

  async info(): Promise<EngineInfo> {
    const version = await askVersion(this.#http);
    const isSame = this.#known !== null && this.#known.version.Version === version;
    const machine = isSame ? await this.#machine() : await this.#askMachine();
    return engineInfo(machine, await this.#service.find());
  }

  /** With the init and the limits of a job. */
  async trySetUp(): Promise<boolean> {
    const more = { init: true, r_limits: rlimits({ gpuDevices: [] }, await this.#host()) };
    return this.#images.probeAny(async (name) => void (await setUp(this.#means, name)), more);
  }

  list(): Promise<ContainerFacts[]> {
    return this.#containers.list();
  }

  inspect(name: string): Promise<ContainerFacts | null> {
    return this.#containers.inspect(name);
  }

  async presentImage(plan: JobPlan): Promise<ImageFacts | null> {
    requireSupport(plan, this.#options);
    const image = await this.#images.present(plan.image);
    return image === null ? null : await this.#suited(plan, image);
  }

  async prepareImage(
    plan: JobPlan,
    given: { signal: AbortSignal; progress: (words: PullProgress) => void },
  ): Promise<ImageFacts> {
    requireSupport(plan, this.#options);
    return await this.#suited(plan, await this.#images.obtain(plan.image, given));
  }

  /** For this machine, and with the program that the plan wants. */
  async #suited(plan: JobPlan, image: LocalImage): Promise<ImageFacts> {
    requireArchitecture(image, (await this.#machine()).host.arch);
    if (plan.script !== undefined) {
      return { ...image.facts, shell: await this.#images.requireProgram(plan, image.facts, SHELLS) };
    }
    await this.#images.requireProgram(plan, image.facts, [plan.argv[0] ?? ""]);
    return image.facts;
  }

  removeImage(nameOrId: string): Promise<"removed" | "in-use"> {
    return this.#images.remove(nameOrId);
  }

  async create(order: ContainerOrder): Promise<void> {
    const { plan, image, user } = order;
    requireSupport(plan, this.#options);
    const home = plan.asRoot ? null : await this.#images.homeIn(image, user);
    const resolvers = await this.#networks.make(order);
    await this.#containers.create({ ...order, home, resolvers });
    if (order.drives) {
      await this.#secureNew(order.name, order.drives.mounts);
    }
  }

  /** What could not be made sure of must not be there to be started. */
  async #secureNew(name: string, mounts: readonly LocatedMount[]): Promise<void> {
    try {
      await this.secureMounts(name, mounts);
    } catch (error) {
      if (error instanceof EngineError && !error.unknown && error.failure.code !== "podman_unavailable") {
        await this.remove(name);
      }
      throw error;
    }
  }

  secureMounts(name: string, mounts: readonly LocatedMount[]): Promise<void> {
    return this.#mounts.secure(name, mounts);
  }

  hasSecuredMounts(name: string): Promise<boolean> {
    return this.#mounts.holds(name);
  }

  secureNetwork(name: string): Promise<void> {
    return this.#networks.secure(name);
  }

  async start(name: string, startMs: number): Promise<void> {
    await this.#networks.requireSecured(name);
    return this.#containers.start(name, startMs);
  }

  wait(name: string, signal: AbortSignal): Promise<number> {
    return this.#containers.wait(name, signal);
  }

  kill(name: string, signal: "TERM" | "KILL"): Promise<void> {
    return this.#containers.kill(name, signal);
  }

  pause(name: string): Promise<void> {
    return this.#containers.freeze(name, "pause");
  }

  unpause(name: string): Promise<void> {
    return this.#containers.freeze(name, "unpause");
  }

  async remove(name: string): Promise<void> {
    this.#mounts.forget(name);
    await this.#containers.remove(name);
    await this.#networks.remove(name);
  }

  sweepNetworks(isKnown: (name: string) => boolean): Promise<void> {
    return this.#networks.sweep(isKnown);
  }

  layerBytes(name: string): Promise<number | null> {
    return this.#containers.layerBytes(name);
  }

  async isAlive(facts: ContainerFacts, notBeforeMs: number | null): Promise<boolean> {
    const container = await this.#containers.look(facts.name);
    const trace = await readProcess(container?.State.Pid ?? 0);
    if (container === null || trace === null || facts.startedAtPodman === null) {
      return false;
    }
    return provesLife(trace, { id: container.Id, notBeforeMs });
  }
}

function requireSupport(plan: JobPlan, { allowRoot, networks = null }: PodmanOptions): void {
  if (plan.asRoot && !allowRoot) {
    throw new EngineError({ code: "root_not_allowed" });
  }
  if (plan.network !== "none" && networks === null) {
    throw new EngineError({ code: "not_supported", detail: `network ${plan.network}` });
  }
}

/** An image that names no architecture is given the benefit of the doubt. */
function requireArchitecture({ facts, arch }: LocalImage, own: string): void {
  if (arch !== null && arch !== own) {
    throw new EngineError({ code: "wrong_architecture", detail: facts.name });
  }
}
