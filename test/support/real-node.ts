/** An agent on real Podman and the machine's own clock, with a scripted line; its process can die and come back. */
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Agent, type AgentSettings, createAgent } from "../../runner/agent.ts";
import { type DriveSettings, Drives } from "../../runner/drives/drives.ts";
import type { Engine } from "../../runner/engine/engine.ts";
import { Hooks } from "../../runner/hooks/hooks.ts";
import { liveFolders } from "../../runner/live-folders.ts";
import type { JobNetworks } from "../../runner/network/job-networks.ts";
import { stateFolderId } from "../../runner/ownership.ts";
import { REAL_TIMERS } from "../../runner/timers.ts";
import { type Ref, refName } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { anEngine, aPlan, JOB_USER, MEBIBYTE } from "./engine.ts";
import { jobNetworks } from "./job-networks.ts";
import { killAll, rebootMachine } from "./podman-processes.ts";
import type { PodmanService } from "./podman-service.ts";
import { ScriptedLink } from "./scripted-link.ts";

const DEADLINE_MS = 30_000;
const DAY_MS = 86_400_000;

export class RealNode {
  readonly link = new ScriptedLink();
  engine: Engine;
  readonly stateDir: string;
  bootId = "boot-1";
  settings: Partial<AgentSettings> = {};
  drives: DriveSettings = {};
  adoptForeign = false;
  /** How often what jobs have written is looked at. */
  diskQuotaMs = 30_000;
  readonly #service: PodmanService;
  readonly #allowRoot: boolean;
  readonly #newEngine: (networks: JobNetworks) => Engine;
  /** For tests of them; a node has none otherwise. */
  newNetworks: (stateFolder: string) => JobNetworks = () => jobNetworks({ networks: [] });
  readonly #log: { fields: object; message: string }[] = [];
  #agent: Agent | null = null;

  private constructor(
    service: PodmanService,
    stateDir: string,
    { socketPath = service.socketPath, allowRoot = false }: { socketPath?: string; allowRoot?: boolean },
  ) {
    this.#service = service;
    this.stateDir = stateDir;
    const owner = stateFolderId(stateDir);
    this.#newEngine = (networks) => anEngine(socketPath, { allowRoot, owner, networks });
    this.engine = this.#newEngine(this.newNetworks(owner));
    this.#allowRoot = allowRoot;
  }

  /** `socketPath`: of a gate before the service. */
  static async make(
    service: PodmanService,
    given: {
      drives?: DriveSettings;
      socketPath?: string;
      allowRoot?: boolean;
      diskQuotaMs?: number;
      settings?: Partial<AgentSettings>;
      newNetworks?: (stateFolder: string) => JobNetworks;
    } = {},
  ): Promise<RealNode> {
    const node = new RealNode(service, await mkdtemp(join(service.folder, "state-")), given);
    node.drives = given.drives ?? {};
    node.settings = given.settings ?? {};
    node.newNetworks = given.newNetworks ?? node.newNetworks;
    node.diskQuotaMs = given.diskQuotaMs ?? 30_000;
    await node.boot();
    node.link.welcome(node.agent);
    return node;
  }

  get agent(): Agent {
    if (this.#agent === null) {
      throw new Error("the node is off");
    }
    return this.#agent;
  }

  /** What the log has under this name. */
  tells(message: string): object[] {
    return this.#log.flatMap((entry) => (entry.message === message ? [entry.fields] : []));
  }

  async boot(): Promise<void> {
    const keep = (fields: object, message: string) => void this.#log.push({ fields, message });
    const quiet = { info: keep, warn: keep, error: keep };
    // What a process knows of its containers dies with it.
    const networks = this.newNetworks(stateFolderId(this.stateDir));
    this.engine = this.#newEngine(networks);
    const { engine, stateDir, bootId } = this;
    const places = { jobsDir: join(stateDir, "jobs"), stateDir, graphRoot: null };
    const drives = await Drives.open({ settings: this.drives, places, timers: REAL_TIMERS, log: quiet });
    const hooks = new Hooks({ paths: {}, timers: REAL_TIMERS, log: quiet });
    this.#agent = await createAgent({
      ...{ engine, drives, networks, hooks, stateDir, bootId, log: quiet },
      identity: { runnerId: "runner-1", categories: ["example-compute"] },
      settings: {
        ...{
          jobsDir: join(stateDir, "jobs"),
          jobsBelow: [],
          driveFolders: {},
          workKeepMs: DAY_MS,
          imageKeepMs: 30 * DAY_MS,
        },
        ...{ jobUser: JOB_USER, allowRoot: this.#allowRoot },
        ...{ logCapBytes: 64 * MEBIBYTE, minFreeDiskBytes: 0 },
        ...this.settings,
      },
      devices: { gpus: [], cdi: { troubles: () => new Map() }, cores: null, whyNot: "not here" },
      machine: { total: { cpu: 4, memoryBytes: 4096 * MEBIBYTE, gpu: 0 }, gpuKind: null, arch: "amd64" },
      clock: { uptimeMs: () => uptime() * 1000, nowMs: () => Date.now() },
      diskQuotaMs: this.diskQuotaMs,
      ...(this.adoptForeign ? { adoptForeign: liveFolders } : {}),
    });
    await this.agent.start();
    await eventually(() => this.agent.status().podman === "up");
  }

  /** `loseState`: nothing but the folders of jobs is left of the state folder. */
  async crash(options: { loseJournal?: boolean; loseState?: boolean } = {}): Promise<void> {
    this.link.drop(this.agent);
    await this.agent.close();
    this.link.sent.length = 0;
    const isLost = (name: string) =>
      options.loseState ? name !== "jobs" : options.loseJournal && name.startsWith("journal.");
    for (const name of readdirSync(this.stateDir).filter(isLost)) {
      rmSync(join(this.stateDir, name));
    }
  }

  /** Everything of this service's containers dies and its run state is emptied, as when the machine restarts. */
  async reboot(): Promise<void> {
    await rebootMachine(this.#service);
    this.bootId = "boot-2";
  }

  /** With their supervisors: nobody is left who could write down how they ended. */
  killContainers(): void {
    killAll(this.#service.folder);
  }

  /** Offered and, when accepted, granted. */
  async run(argv: string[], change: Partial<JobPlan> = {}, job = "77"): Promise<Ref> {
    const ref = { job, incarnation: randomBytes(8).toString("hex"), attempt: 1, rank: 0 };
    this.agent.received(this.link, { type: "offer", ref, plan: aPlan({ argv, ...change }) });
    await eventually(() => this.link.frames("accept").some((frame) => frame.ref.incarnation === ref.incarnation));
    this.agent.received(this.link, { type: "go", ref });
    return ref;
  }

  async told<K extends "started" | "exited" | "not-started">(ref: Ref, kind: K) {
    await eventually(() => this.link.fact(ref, kind) !== undefined);
    return this.link.fact(ref, kind);
  }

  async exists(ref: Ref): Promise<boolean> {
    return (await this.engine.inspect(refName(ref))) !== null;
  }

  async end(): Promise<void> {
    this.agent.revoked("example-compute");
    await Promise.race([this.agent.idle(), pause(5_000)]);
    await this.agent.close();
  }
}

export async function eventually(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + DEADLINE_MS; !isSo(); await pause(10)) {
    if (Date.now() > end) {
      throw new Error("it did not come about");
    }
  }
}
