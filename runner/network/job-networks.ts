/**
 * The networks that this node can give to jobs, and the rules that they are given with. Fails closed: what cannot be set
 * or read back is not offered, and a job that was to have it is not started.
 *
 * The rules are set when the first job needs them, before its bridge exists, and from then on looked at every ten
 * seconds: somebody may have flushed them, and the node may have been connected to another network.
 */
import type { Failure } from "../../shared/failure.ts";
import type { JobNetwork, JobPlan } from "../../shared/plan.ts";
import { Lane } from "../drives/lane.ts";
import { EngineError, type EngineInfo } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { Timers } from "../timers.ts";
import { bridgePrefix } from "./bridges.ts";
import { deniedTo } from "./deny-list.ts";
import type { JobProxy } from "./job-proxy.ts";
import { type Nft, NftError } from "./nft.ts";
import { hasBridge, type NodePrefixes, nodePrefixes } from "./node-prefixes.ts";
import { overlaps, parseRange, type Range } from "./ranges.ts";
import { nodeResolvers } from "./resolvers.ts";
import type { Rules } from "./ruleset.ts";
import { freeSubnet, type Subnet } from "./subnets.ts";
import { Table } from "./table.ts";

const LOOK_MS = 10_000;

export type NetworkSettings = {
  networks: readonly JobNetwork[];
  "job-subnets": readonly string[];
  "job-resolvers": readonly string[];
  deny: readonly string[];
  "job-proxy"?: JobProxy | undefined;
};

export type NetworkStatus = { served: JobNetwork[]; trouble: string | null };

type Parts = {
  settings: NetworkSettings;
  stateFolder: string;
  nft: Nft;
  timers: Timers;
  log: Log;
  /** Tests look more often. */
  lookMs?: number;
  /** The machine's own, for all but tests. */
  prefixes?: () => NodePrefixes;
  resolvers?: () => Promise<string[]>;
};

export class JobNetworks {
  readonly #parts: Parts;
  readonly #table: Table;
  readonly #pools: Range[];
  /** One look at a time. */
  readonly #lane = new Lane(1);
  #trouble: string | null = "Podman has not answered yet";
  #podman: Pick<EngineInfo, "rootless" | "networkBackend"> | null = null;
  /** Some job has needed them. */
  #armed = false;
  #resolvers: string[] = [];
  #stop: (() => void) | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#table = new Table(parts.nft);
    this.#pools = parts.settings["job-subnets"].flatMap((text) => parseRange(text) ?? []);
  }

  served(): JobNetwork[] {
    return this.#trouble === null ? [...this.#parts.settings.networks] : [];
  }

  status(): NetworkStatus {
    return { served: this.served(), trouble: this.#parts.settings.networks.length === 0 ? null : this.#trouble };
  }

  /** Why a job may not have its network here; null: it may. */
  refusal({ network }: Pick<JobPlan, "network">): Failure | null {
    return network === "none" || this.served().includes(network) ? null : { code: "network_failed" };
  }

  get resolvers(): readonly string[] {
    return this.#resolvers;
  }

  /** What Podman says of itself, again and again: what was missing may have come. */
  async look(info: Pick<EngineInfo, "rootless" | "networkBackend">): Promise<void> {
    this.#podman = info;
    if (this.#parts.settings.networks.length > 0) {
      await this.#check().catch(() => {});
    }
  }

  /** The rules are in the kernel when this resolves. Throws `network_failed`. */
  async secure(): Promise<void> {
    this.#armed = true;
    this.#stop ??= this.#lookLater();
    try {
      await this.#check();
    } catch (error) {
      throw new EngineError({ code: "network_failed" }, { cause: error });
    }
  }

  /** A subnet that neither the node nor `taken` has, and the bridge that its rules wait for. Throws `network_failed`. */
  place(network: JobNetwork, taken: readonly Range[]): Subnet & { bridge: string } {
    const { connected, bridges } = this.#prefixes();
    const used = [...taken, ...bridges, ...connected.map(({ range }) => range)];
    const subnet = freeSubnet(this.#pools, used);
    if (subnet === null) {
      throw new EngineError({ code: "network_failed", detail: "job-subnets are all in use" });
    }
    return { ...subnet, bridge: `${bridgePrefix(network, this.#parts.stateFolder)}${subnet.number}` };
  }

  /** Throws `network_failed` for a bridge that our rules do not know, or that is not where they are. */
  requireBridge(name: string, gateway: string): void {
    const { settings, stateFolder } = this.#parts;
    const isOurs = settings.networks.some((network) => name.startsWith(bridgePrefix(network, stateFolder)));
    if (!isOurs || !hasBridge(name, gateway)) {
      throw new EngineError({ code: "network_failed", detail: "the bridge is not where its rules are" });
    }
  }

  /** The rules stay, as the jobs do. */
  close(): void {
    this.#stop?.();
    this.#stop = () => {};
  }

  #lookLater(): () => void {
    return this.#parts.timers.after(this.#parts.lookMs ?? LOOK_MS, () => {
      void this.#check()
        .catch(() => {})
        .finally(() => {
          this.#stop = this.#stop === null ? null : this.#lookLater();
        });
    });
  }

  async #check(): Promise<void> {
    await this.#lane.enter();
    try {
      await this.#checkNow();
      this.#become(null);
    } catch (error) {
      this.#become(error instanceof NftError ? error.message : "the rules of jobs' networks cannot be set");
      throw error;
    } finally {
      this.#lane.leave();
    }
  }

  async #checkNow(): Promise<void> {
    const { settings, log } = this.#parts;
    this.#requirePodman();
    const asked = settings["job-resolvers"];
    this.#resolvers = asked.length > 0 ? [...asked] : await (this.#parts.resolvers ?? nodeResolvers)();
    if (this.#resolvers.length === 0) {
      throw new NftError("the node's name service is out of jobs' reach: set job-resolvers");
    }
    const rules = this.#rules();
    if (!this.#armed) {
      await this.#table.probe(rules);
      return;
    }
    const outcome = await this.#table.secure(rules);
    if (outcome === "restored") {
      log.error({}, "network.rules_restored");
    } else if (outcome === "set") {
      log.info({}, "network.rules_set");
    }
  }

  #requirePodman(): void {
    if (this.#parts.settings.networks.length === 0) {
      throw new NftError("the setting networks allows none");
    }
    if (this.#podman === null) {
      throw new NftError("Podman has not answered yet");
    }
    if (this.#podman.rootless) {
      throw new NftError("a rootless Podman's networks are out of the rules' reach: it takes a rootful one");
    }
    if (this.#podman.networkBackend !== "netavark") {
      throw new NftError("Podman does not use netavark");
    }
  }

  #rules(): Rules {
    const { settings, stateFolder } = this.#parts;
    const { connected } = this.#prefixes();
    for (const { name, range } of connected) {
      if (this.#pools.some((pool) => overlaps(pool, range))) {
        throw new NftError(`job-subnets overlap the network of ${name}`);
      }
    }
    const place = { deny: settings.deny, pools: this.#pools, connected: connected.map(({ range }) => range) };
    const denied = { internet: deniedTo("internet", place), site: deniedTo("site", place) };
    const proxy = settings["job-proxy"] ?? null;
    const at = parseRange(proxy?.address ?? "");
    if (at !== null && this.#pools.some((pool) => overlaps(pool, at))) {
      throw new NftError("job-proxy lies in job-subnets");
    }
    return { stateFolder, denied, pools: this.#pools, resolvers: this.#resolvers, proxy };
  }

  #prefixes(): NodePrefixes {
    return (this.#parts.prefixes ?? nodePrefixes)();
  }

  /** Said once as long as it stays so. */
  #become(trouble: string | null): void {
    if (trouble !== null && trouble !== this.#trouble) {
      this.#parts.log.error({ trouble, jobs: this.#armed }, "network.not_served");
    }
    this.#trouble = trouble;
  }
}
