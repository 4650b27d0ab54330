/**
 * What a node does with jobs, on the other side of the line: takes offers, carries attempts out with Podman, keeps them
 * through crashes of either, and tells what happened until the gateway has it.
 *
 * Nothing here waits for Podman before it answers the line: until the containers are known, `hello` says so.
 */
import type { Ref } from "../shared/ids.ts";
import type { Verdict, Welcome } from "../shared/protocol.ts";
import type { AgentOptions } from "./agent-options.ts";
import { type AgentStatus, statusOf } from "./agent-status.ts";
import type { Order } from "./attempt/orders.ts";
import { sayReady } from "./attempt/preparation.ts";
import { DiskQuota } from "./disk-quota.ts";
import type { PlannedDrain } from "./drains.ts";
import type { Hooks } from "./hooks/hooks.ts";
import type { Description, Link, LinkListener } from "./link.ts";
import { errorFields } from "./log.ts";
import { NodeState } from "./node-state.ts";
import { answerOffer } from "./offers.ts";
import { findLog } from "./relay/find-log.ts";
import type { JobLog } from "./relay/viewer-stream.ts";
import { within } from "./timers.ts";

export type { AgentOptions, AgentSettings } from "./agent-options.ts";

/** Half of what the process has to exit in. */
const CLOSE_MS = 2_500;

export interface Agent extends LinkListener {
  /** Begins to reconcile with Podman in the background. */
  start(): Promise<void>;
  /** Claims nothing more, for this reason; null: claims again. */
  drain(reason: string | null): void;
  /** From a moment on, also in the next process; null: no more. */
  planDrain(plan: PlannedDrain | null): void;
  status(): AgentStatus;
  /** Leaves containers and journal as they are; at most 5 s. */
  close(): Promise<void>;
  /** The log of an attempt that is or was here; null: its output stays at the site. */
  logOf(ref: Ref): Promise<JobLog | null>;
  /** Resolves when no attempt is held any more. */
  idle(): Promise<void>;
}

export async function createAgent(options: AgentOptions): Promise<Agent> {
  const node = new NodeState(options);
  const quota = new DiskQuota({
    context: node.context,
    running: () => node.holdings.all().filter((execution) => execution.isRunning()),
    freeBytes: () => node.freeDiskBytes,
    minFreeBytes: options.settings.minFreeDiskBytes,
    ...(options.diskQuotaMs === undefined ? {} : { everyMs: options.diskQuotaMs }),
    ...(options.folderBytes === undefined ? {} : { measure: options.folderBytes }),
  });
  return new NodeAgent(node, quota, options.hooks);
}

type Received = Parameters<LinkListener["received"]>[1];

class NodeAgent implements Agent {
  readonly #node: NodeState;
  readonly #quota: DiskQuota;
  readonly #hooks: Hooks;

  constructor(node: NodeState, quota: DiskQuota, hooks: Hooks) {
    this.#node = node;
    this.#quota = quota;
    this.#hooks = hooks;
  }

  async start(): Promise<void> {
    this.#node.podman.begin();
    this.#quota.begin();
    this.#hooks.begin(() => {
      this.#node.devices.look();
      this.#node.changed();
    });
  }

  drain(reason: string | null): void {
    this.#node.drains.own = reason;
    this.#node.changed();
  }

  planDrain(plan: PlannedDrain | null): void {
    this.#node.drains.plan(plan);
    this.#node.changed();
  }

  status(): AgentStatus {
    return statusOf(this.#node);
  }

  async close(): Promise<void> {
    const { timers, podman, holdings, rooms, context, sweep } = this.#node;
    this.#node.shutting = true;
    this.#quota.close();
    this.#hooks.close();
    sweep.close();
    context.networks.close();
    rooms.close();
    const executions = holdings.all();
    for (const execution of executions) {
      execution.close();
    }
    const ended = Promise.all([podman.close(), ...executions.map((execution) => execution.ended())]);
    await within(timers, CLOSE_MS, ended);
    context.journal.close();
  }

  logOf(ref: Ref): Promise<JobLog | null> {
    return findLog(this.#node, ref);
  }

  async idle(): Promise<void> {
    await this.#node.known;
    await this.#node.holdings.empty();
  }

  describe(category: string): Description {
    return this.#node.announcement.describe(category);
  }

  /** Verdicts first: a job that is forgotten has nothing to tell. */
  welcomed(link: Link, welcome: Welcome): void {
    const node = this.#node;
    node.links.set(link.category, link);
    node.times = welcome.times;
    for (const { ref, verdict, wallMs, suspension } of welcome.verdicts) {
      if (wallMs !== undefined) {
        this.#order(link, ref, { is: "wall-time", wallMs });
      }
      if (suspension !== undefined) {
        this.#order(link, ref, { is: "suspension", ...suspension });
      }
      this.#obey(link, ref, verdict);
    }
    for (const execution of node.holdings.of(link.category)) {
      execution.tellFacts();
      sayReady(execution);
      execution.wake();
    }
    node.announcement.complete(link);
    this.#drained(link, welcome.drained ?? null);
  }

  received(link: Link, frame: Received): void {
    switch (frame.type) {
      case "offer":
        answerOffer(this.#node.offerDeps, link, frame).catch((error) => {
          this.#node.context.log.error({ ref: frame.ref, ...errorFields(error) }, "offer.failed");
        });
        // The job has the room by now, or was refused.
        this.#node.rooms.end(link.category);
        return;
      case "hold":
        this.#node.rooms.ask(link.category, frame.need, frame.gpuKind ?? null);
        return;
      case "go":
      case "cancel":
      case "forget":
        this.#order(link, frame.ref, { is: frame.type });
        return;
      case "ack":
        this.#order(link, frame.ref, { is: "ack", fact: frame });
        return;
      case "suspend":
      case "resume":
        this.#order(link, frame.ref, { is: "suspension", n: frame.n, wanted: frame.type === "suspend" });
        return;
      case "extend":
        this.#order(link, frame.ref, { is: "extend", wallMs: frame.wallMs });
        return;
      case "drain":
        this.#drained(link, frame);
        return;
      case "undrain":
        this.#drained(link, null);
        return;
      case "open":
        // The process dials; see runner-process.ts.
        return;
      case "bye":
        if (frame.reason === "revoked") {
          this.revoked();
        }
        return;
      default:
        frame satisfies never;
    }
  }

  heard(category: string, sentAtMs: number): void {
    this.#node.heardPing(category, sentAtMs);
  }

  lost(category: string): void {
    this.#node.links.delete(category);
    this.#node.rooms.end(category);
  }

  /** The runner as a whole was revoked, whichever queue says so first: nothing is told any more. */
  revoked(): void {
    this.#node.isRevoked = true;
    for (const execution of this.#node.holdings.all()) {
      execution.order({ is: "forget" });
    }
    this.#node.changed();
  }

  #drained({ category }: Link, word: { reason?: string | undefined; inMs?: number | undefined } | null): void {
    const { drains } = this.#node;
    if (word === null) {
      drains.hear(category, null);
    } else {
      const { reason = "asked for by the gateway", inMs } = word;
      drains.hear(category, { reason, fromMs: inMs === undefined ? null : this.#node.now().nowMs + inMs });
    }
    this.#node.changed();
  }

  #obey(link: Link, ref: Ref, verdict: Verdict): void {
    switch (verdict) {
      case "keep":
        return;
      case "go":
      case "cancel":
      case "forget":
        this.#order(link, ref, { is: verdict });
        return;
      case "resend":
        this.#order(link, ref, { is: "retell" });
        return;
      default:
        verdict satisfies never;
    }
  }

  /** An attempt of another category is none of this queue's business. */
  #order(link: Link, ref: Ref, order: Order): void {
    const execution = this.#node.holdings.get(ref);
    if (execution === null || execution.attempt.category !== link.category) {
      this.#node.context.log.warn({ ref, order: order.is, category: link.category }, "order.unknown_attempt");
      return;
    }
    execution.order(order);
  }
}
