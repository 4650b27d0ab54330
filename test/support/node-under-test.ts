/** A node with a fake engine, a clock moved by hand and a scripted line; its process can die and come back. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent, AgentSettings } from "../../runner/agent.ts";
import { createAgent } from "../../runner/agent.ts";
import type { Attempt } from "../../runner/attempt/record.ts";
import type { Machine } from "../../runner/capacity.ts";
import type { CoreMap } from "../../runner/devices/cores.ts";
import type { Gpu } from "../../runner/devices/gpu.ts";
import { type DriveSettings, Drives } from "../../runner/drives/drives.ts";
import type { HookEnd, runHook } from "../../runner/hooks/hook.ts";
import { HOOK_NAMES, type HookName, Hooks } from "../../runner/hooks/hooks.ts";
import type { Log } from "../../runner/log.ts";
import type { Render } from "../../runner/template/render.ts";
import { type Ref, refName } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { FakeEngine } from "./fake-engine.ts";
import { jobNetworks } from "./job-networks.ts";
import { ManualClock, quiet, until } from "./manual-clock.ts";
import { aPlan as basePlan } from "./plan.ts";
import { ScriptedLink } from "./scripted-link.ts";

export const DAY_MS = 86_400_000;
export const GIB = 2 ** 30;

export function aRef(given: Partial<Ref> = {}): Ref {
  return { job: "1001", incarnation: "00112233445566aa", attempt: 1, rank: 0, ...given };
}

export function aPlan(given: Partial<JobPlan> = {}): JobPlan {
  return basePlan({ image: "busybox", argv: ["true"], ...given });
}

export class NodeUnderTest {
  readonly clock = new ManualClock();
  readonly engine = new FakeEngine(this.clock);
  readonly link = new ScriptedLink();
  readonly stateDir = mkdtempSync(join(tmpdir(), "ucloud-node-"));
  /** Outcomes, as they were journalled. */
  readonly ended: { attempt: Attempt; plan: JobPlan | null }[] = [];
  readonly log: { fields: object; message: string }[] = [];
  bootId = "boot-1";
  /** That it is enrolled for. */
  categories = ["example-compute", "example-gpu"];
  freeDiskBytes = 100 * GIB;
  /** What each job's folder holds. */
  folderBytes: (folder: string) => number | null = () => 0;
  settings: Partial<AgentSettings> = {};
  drives: DriveSettings = {};
  /** None, unless a test says otherwise. */
  networks = jobNetworks({ networks: [] });
  gpus: Gpu[] = [];
  /** Devices that the machine's own files do not name any more, and why. */
  gpuTroubles = new Map<string, string>();
  /** Null: jobs are not pinned. */
  cores: CoreMap | null = null;
  /** The site's programs, by name: what each does when it is run. */
  hooks: Partial<Record<HookName, (environment: Record<string, string>) => Promise<HookEnd>>> = {};
  /** Whether it takes up what a lost state folder has left: the folders in which other runners work. */
  adoptForeign: (() => Promise<ReadonlySet<string>>) | null = null;
  /** In place of the real one: the template is the script. */
  render: Render = async ({ script }) => ({ is: "script", text: script.template });
  machine: Machine = { total: { cpu: 4, memoryBytes: 8 * GIB, gpu: 0 }, gpuKind: null, arch: "amd64" };
  #agent: Agent | null = null;

  get agent(): Agent {
    if (this.#agent === null) {
      throw new Error("the node is off");
    }
    return this.#agent;
  }

  /** The process starts; Podman lists unless it is away. */
  async boot(): Promise<void> {
    const keep = (fields: object, message: string) => this.log.push({ fields, message });
    const log = { info: keep, warn: keep, error: keep };
    this.#agent = await createAgent({
      engine: this.engine,
      stateDir: this.stateDir,
      render: (request, signal) => this.render(request, signal),
      identity: { runnerId: "runner-1", categories: this.categories },
      settings: {
        ...{
          jobsDir: join(this.stateDir, "jobs"),
          jobsBelow: [],
          driveFolders: {},
          workKeepMs: DAY_MS,
          imageKeepMs: 30 * DAY_MS,
        },
        jobUser: { uid: 11042, gid: 11042 },
        allowRoot: false,
        logCapBytes: GIB,
        minFreeDiskBytes: GIB,
        ...this.settings,
      },
      machine: this.machine,
      drives: await this.#openDrives(log),
      networks: this.networks,
      devices: {
        ...{ gpus: this.gpus, cdi: { troubles: () => this.gpuTroubles }, cores: this.cores },
        whyNot: this.cores === null ? "the test says no" : null,
      },
      hooks: this.#newHooks(log),
      clock: this.clock,
      bootId: this.bootId,
      log,
      timers: this.clock,
      freeDiskBytes: async () => this.freeDiskBytes,
      folderBytes: async (folder) => this.folderBytes(folder),
      ...(this.adoptForeign === null ? {} : { adoptForeign: this.adoptForeign }),
      ended: (attempt, plan) => void this.ended.push({ attempt, plan }),
    });
    await this.agent.start();
    await (this.engine.away ? quiet() : until(() => this.agent.status().podman === "up", "a listing"));
  }

  #newHooks(log: Log): Hooks {
    const paths = Object.fromEntries(Object.keys(this.hooks).map((name) => [name, name]));
    const gone: HookEnd = { ok: false, why: "it was ended by SIGKILL" };
    const run: typeof runHook = ({ path, environment, signal }) => {
      const hook = HOOK_NAMES.find((name) => name === path);
      const ended = new Promise<HookEnd>((resolve) => signal?.addEventListener("abort", () => resolve(gone)));
      return Promise.race([this.hooks[hook ?? "health"]?.(environment) ?? gone, ended]);
    };
    return new Hooks({ paths, timers: this.clock, log, run });
  }

  async #openDrives(log: Log): Promise<Drives> {
    const places = { jobsDir: join(this.stateDir, "jobs"), stateDir: this.stateDir, graphRoot: "/nowhere" };
    return Drives.open({ settings: this.drives, places, timers: this.clock, log });
  }

  /** kill -9: nothing is told to anybody, the containers stay. */
  async crash(): Promise<void> {
    this.link.drop(this.agent);
    await this.agent.close();
    this.#agent = null;
    this.engine.secured.clear();
  }

  /** While it is off. */
  loseJournal(): void {
    for (const name of readdirSync(this.stateDir).filter((file) => file.startsWith("journal."))) {
      rmSync(join(this.stateDir, name));
    }
  }

  /** While it is off. Only the folders of jobs are left. */
  loseState(): void {
    for (const name of readdirSync(this.stateDir).filter((file) => file !== "jobs")) {
      rmSync(join(this.stateDir, name));
    }
  }

  async end(): Promise<void> {
    await this.#agent?.close();
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  offer(ref = aRef(), plan = aPlan(), link = this.link): void {
    this.agent.received(link, { type: "offer", ref, plan });
  }

  go(ref = aRef()): void {
    this.agent.received(this.link, { type: "go", ref });
  }

  /** Offered, accepted, granted and running. */
  async runJob(ref = aRef(), plan = aPlan()): Promise<void> {
    this.offer(ref, plan);
    await until(() => this.link.frames("accept").length > 0, "an acceptance");
    this.go(ref);
    await until(() => this.link.fact(ref, "started") !== undefined, "the start");
    await quiet();
  }

  container(ref = aRef()) {
    return this.engine.containers.get(refName(ref));
  }

  async told(kind: "started" | "exited" | "not-started" | "suspended" | "resumed", ref = aRef()): Promise<void> {
    await until(() => this.link.fact(ref, kind) !== undefined, `the fact ${kind}`);
  }
}

/** Booted and welcomed. */
export async function aNode(prepare: (node: NodeUnderTest) => void = () => {}): Promise<NodeUnderTest> {
  const node = new NodeUnderTest();
  prepare(node);
  await node.boot();
  node.link.welcome(node.agent);
  return node;
}
