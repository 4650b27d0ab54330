/**
 * A Podman network for each job that has one, named like its container. The rules of its bridge are in the kernel before
 * it is made, and looked at again when its container is set up and its program has not begun.
 */
import { Lane } from "../drives/lane.ts";
import type { JobNetworks } from "../network/job-networks.ts";
import { parseRange, type Range } from "../network/ranges.ts";
import { setUp } from "./container-set-up.ts";
import { type ContainerOrder, EngineError } from "./engine.ts";
import { LABELS } from "./labels.ts";
import { listNetworks, type Network } from "./network-list.ts";
import type { Inspected } from "./podman-facts.ts";
import type { PodmanHttp } from "./podman-http.ts";

const CHANGE_MS = 60_000;
/** Podman knows of subnets that neither its list nor the node's addresses show. */
const TRIES = 32;

type Parts = {
  http: PodmanHttp;
  inspect: (name: string) => Promise<Inspected | null>;
  /** Id of the state folder. */
  owner: string;
  /** null: no job has one. */
  rules: JobNetworks | null;
};

export class PodmanNetworks {
  readonly #parts: Parts;
  /** Two at once would take the same subnet. */
  readonly #lane = new Lane(1);
  /** Containers that may be started, and have not been. */
  readonly #secured = new Set<string>();
  /** Containers that were seen to have no network. */
  readonly #without = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The resolvers of its container; null: the job has no network. Throws `network_failed`. */
  async make(order: ContainerOrder): Promise<readonly string[] | null> {
    const { rules } = this.#parts;
    const { network } = order.plan;
    if (network === "none") {
      return null;
    }
    const refusal = rules?.refusal({ network });
    if (rules === null || refusal) {
      throw new EngineError(refusal ?? { code: "not_supported", detail: `network ${network}` });
    }
    await rules.secure();
    await this.#lane.enter();
    try {
      await this.#makeIn(await this.#list(), order, rules);
    } finally {
      this.#lane.leave();
    }
    return rules.resolvers;
  }

  async #makeIn(existing: Network[], { name, labels, plan }: ContainerOrder, rules: JobNetworks): Promise<void> {
    const { network } = plan;
    // The answer to its create was lost.
    if (network === "none" || existing.some((one) => one.name === name && this.#isOurs(one))) {
      return;
    }
    const taken = existing.flatMap(({ subnets }) => (subnets ?? []).flatMap(({ subnet }) => parseRange(subnet) ?? []));
    for (let tries = 1; ; tries++) {
      const { cidr, gateway, bridge } = rules.place(network, taken);
      const json = {
        ...{ name, driver: "bridge", network_interface: bridge, subnets: [{ subnet: cidr, gateway }] },
        ...{ dns_enabled: false, ipv6_enabled: false, internal: false, labels },
      };
      const answer = await this.#parts.http.call("POST", "/networks/create", { deadlineMs: CHANGE_MS, json });
      if (answer.status === 200) {
        return;
      }
      const range: Range | null = parseRange(cidr);
      if (tries === TRIES || range === null) {
        throw new EngineError({ code: "network_failed" }, { cause: new Error(`podman answered ${answer.status}`) });
      }
      taken.push(range);
    }
  }

  /** Returns when the container has no network, or one whose rules stand. Throws `network_failed`. */
  async secure(name: string): Promise<void> {
    this.#secured.delete(name);
    await this.#requireRules(name);
    this.#secured.add(name);
  }

  /** For one start. Who did not ask before waits for it now. */
  async requireSecured(name: string): Promise<void> {
    if (!this.#secured.has(name)) {
      await this.#requireRules(name);
    }
    this.#secured.delete(name);
  }

  async #requireRules(name: string): Promise<void> {
    const { inspect, rules, http } = this.#parts;
    const container = await inspect(name);
    if (container === null) {
      return;
    }
    if (container.HostConfig?.NetworkMode === "none") {
      this.#without.add(name);
      return;
    }
    if (rules === null) {
      throw new EngineError({ code: "network_failed", detail: "no rules are known" });
    }
    await rules.secure();
    await setUp({ http, inspect }, name).catch((error: unknown) => {
      const isOurs = error instanceof EngineError && error.failure.code !== "mount_failed";
      throw isOurs ? error : new EngineError({ code: "network_failed" }, { cause: error });
    });
    const found = (await this.#list()).find((network) => network.name === name);
    rules.requireBridge(found?.network_interface ?? "", found?.subnets?.[0]?.gateway ?? "");
    // Whoever flushed them in between was seen.
    await rules.secure();
  }

  /** Nothing there is no error; one that a container still has stays. */
  async remove(name: string): Promise<void> {
    this.#secured.delete(name);
    if (this.#without.delete(name)) {
      return;
    }
    await this.#parts.http.call("DELETE", `/networks/${encodeURIComponent(name)}`, { deadlineMs: CHANGE_MS });
  }

  /** Removes networks of this state folder that no attempt is known for. Those that stay must have their rules. */
  async sweep(isKnown: (name: string) => boolean): Promise<void> {
    const own = (await this.#list()).filter((network) => this.#isOurs(network));
    for (const { name } of own.filter((network) => !isKnown(network.name))) {
      await this.remove(name);
    }
    if (own.some(({ name }) => isKnown(name))) {
      await this.#parts.rules?.secure();
    }
  }

  #isOurs({ labels }: Network): boolean {
    return labels?.[LABELS.stateFolder] === this.#parts.owner;
  }

  #list(): Promise<Network[]> {
    return listNetworks(this.#parts.http);
  }
}
