/** The parts of an agent, put together: what they share and how a change in one reaches the others. */

import type { RunnerFrame, RunnerTimes } from "../shared/protocol.ts";
import { DEFAULT_TIMES } from "../shared/times.ts";
import { adoptAll } from "./adopt-all.ts";
import type { AgentOptions } from "./agent-options.ts";
import { Announcement } from "./announcement.ts";
import type { Context } from "./attempt/context.ts";
import { isUngranted, type Moment } from "./attempt/record.ts";
import { Belongings } from "./belongings.ts";
import { closedBy } from "./closure.ts";
import { compareAll } from "./comparison.ts";
import { Devices } from "./devices/devices.ts";
import { DiskWatch } from "./disk.ts";
import { Drains } from "./drains.ts";
import { FetchedImages } from "./fetched-images.ts";
import { type GuardedJournal, guardJournal, probeJournal } from "./guarded-journal.ts";
import { Holdings } from "./holdings.ts";
import { openJournal } from "./journal.ts";
import { LastHeard, momentOf } from "./last-heard.ts";
import type { Link } from "./link.ts";
import { errorFields } from "./log.ts";
import { sweepNetworks } from "./network/listing.ts";
import type { Deps } from "./offers.ts";
import { foreignUse, labelsFor } from "./ownership.ts";
import { PodmanSeen } from "./podman-seen.ts";
import { type Listed, PodmanWatch } from "./podman-watch.ts";
import { createRemoval } from "./removal.ts";
import { type Closed, Reports } from "./reports.ts";
import { RoomHolds } from "./room-holds.ts";
import { Sweep } from "./sweep.ts";
import { createRenderer } from "./template/render.ts";
import { REAL_TIMERS, type Timers } from "./timers.ts";

export class NodeState {
  readonly links = new Map<string, Link>();
  readonly rooms: RoomHolds;
  readonly holdings: Holdings;
  readonly devices: Devices;
  readonly reports: Reports;
  readonly announcement: Announcement;
  readonly podman: PodmanWatch;
  readonly seen: PodmanSeen;
  readonly sweep: Sweep;
  readonly context: Context;
  readonly offerDeps: Deps;
  readonly timers: Timers;
  /** Resolves when Podman has listed its containers for the first time. */
  readonly known: Promise<void>;
  readonly journalLost: boolean;
  times: RunnerTimes = DEFAULT_TIMES;
  readonly drains: Drains;
  isRevoked = false;
  shutting = false;
  foreignNames: string[] = [];
  readonly #options: AgentOptions;
  readonly #belongings: Belongings;
  readonly guarded: GuardedJournal;
  readonly #lastHeard: LastHeard;
  readonly #disk: DiskWatch;
  readonly #images: FetchedImages;
  #becomeKnown: () => void = () => {};
  #isKnown = false;
  #updating = false;

  constructor(options: AgentOptions) {
    const { engine, machine, drives, networks, settings, log, stateDir, identity, clock } = options;
    this.#options = options;
    this.drains = new Drains(stateDir);
    this.timers = options.timers ?? REAL_TIMERS;
    this.#disk = new DiskWatch(this.timers, options.freeDiskBytes);
    this.#belongings = new Belongings({ ...options, runner: identity.runnerId });
    this.guarded = guardJournal(openJournal(stateDir, clock.nowMs()), () => this.changed());
    const { journal } = this.guarded;
    this.journalLost = journal.lost;
    this.#lastHeard = new LastHeard(journal);
    this.#images = new FetchedImages({ engine, journal, log, settings, nowMs: () => clock.nowMs() });
    this.rooms = new RoomHolds(this.timers, () => this.changed());
    this.devices = new Devices(options.devices, log, () => options.hooks.lostGpus);
    this.holdings = new Holdings(machine, this.devices, this.rooms);
    this.reports = new Reports(machine, this.holdings, () => this.closed(), {
      networks: () => networks.served(),
      drives: () => drives.served(),
      closesAtMs: () => this.drains.planned(clock.nowMs())?.fromMs ?? null,
      nowMs: () => clock.nowMs(),
    });
    const { holdings, reports } = this;
    this.announcement = new Announcement({ holdings, reports, isKnown: () => this.podman.state !== "unknown" });
    this.known = new Promise((resolve) => {
      this.#becomeKnown = resolve;
    });
    this.context = this.#makeContext();
    const { timers } = this;
    this.sweep = new Sweep({
      ...{ settings, timers, log, stateFolder: this.#belongings.owner.stateFolder, nowMs: () => clock.nowMs() },
      isHeld: (job) => this.holdings.holds(job),
      remove: options.remove ?? createRemoval(process.getuid?.() === 0),
    });
    this.seen = new PodmanSeen({ engine, log, nowMs: () => clock.nowMs() });
    const listed = (found: Listed) => this.#listed(found);
    this.podman = new PodmanWatch({ engine, timers, log, listed, changed: () => this.#podmanChanged() });
    this.offerDeps = {
      ...{ context: this.context, holdings: this.holdings, reports: this.reports, devices: this.devices },
      closed: () => this.closed(),
      closing: () => this.drains.closing(clock.nowMs()),
      ready: () => this.#isKnown,
    };
    if (this.journalLost) {
      log.error({}, "journal.lost");
    }
  }

  closed(): Closed {
    return closedBy({
      revoked: this.isRevoked,
      drain: this.drains.reason(this.now().nowMs),
      unhealthy: this.#options.hooks.unhealthy,
      podman: this.podman.state,
      untried: this.seen.untried,
      missingControllers: this.seen.missingControllers,
      journalRefused: this.guarded.refuses(),
      freeDiskBytes: this.#disk.freeBytes,
      minFreeDiskBytes: this.#options.settings.minFreeDiskBytes,
    });
  }

  /** null: not known. */
  get freeDiskBytes(): number | null {
    return this.#disk.freeBytes;
  }

  now(): Moment {
    const { bootId, clock } = this.#options;
    return { bootId, uptimeMs: clock.uptimeMs(), nowMs: clock.nowMs() };
  }

  /** Tells the queues once, after everything that changed in this turn. */
  changed(): void {
    if (this.#updating || this.shutting) {
      return;
    }
    this.#updating = true;
    queueMicrotask(() => {
      this.#updating = false;
      this.reports.update(this.links.values());
    });
  }

  heardPing(category: string, sentAtMs: number): void {
    const at = momentOf(this.now(), sentAtMs);
    const keep = this.holdings.of(category).some(({ attempt }) => !isUngranted(attempt) && attempt.outcome === null);
    try {
      this.#lastHeard.note(category, at, keep && !this.shutting);
    } catch (error) {
      this.#options.log.error({ category, ...errorFields(error) }, "journal.refused");
    }
  }

  #makeContext(): Context {
    const { engine, drives, networks, hooks, settings, log } = this.#options;
    return {
      ...{ engine, drives, networks, hooks, settings, log, timers: this.timers },
      journal: this.guarded.journal,
      render: this.#options.render ?? createRenderer(this.timers),
      now: () => this.now(),
      heard: (category) => ({
        heardMs: this.#lastHeard.uptimeMs(category, this.#options.bootId),
        stopMarginMs: this.times.stopMarginMs,
      }),
      startMs: () => this.times.startMs,
      rootless: () => this.seen.rootless,
      stateFolder: this.#belongings.owner.stateFolder,
      labels: (attempt, plan) => {
        const written = { generation: this.context.journal.generation, bootId: this.#options.bootId };
        return labelsFor(attempt, plan, this.#belongings.owner, written);
      },
      say: (category, frame: RunnerFrame) => !this.shutting && (this.links.get(category)?.send(frame) ?? false),
      changed: () => this.changed(),
      imageUsed: (image) => this.#images.used(image),
      troubled: (error) => this.podman.troubled(error),
      ended: (attempt, plan) => this.#options.ended?.(attempt, plan),
      closed: (attempt) => {
        this.holdings.remove(attempt.ref);
        this.sweep.jobClosed();
        this.changed();
      },
    };
  }

  async #listed({ info, containers }: Listed): Promise<void> {
    const { own, foreign } = await this.#belongings.sort(containers);
    for (const link of this.seen.note(info) ? this.links.values() : []) {
      link.sayHello();
    }
    this.devices.hear(info);
    this.devices.look();
    this.holdings.foreign = foreignUse(foreign);
    this.foreignNames = foreign.map((facts) => facts.name);
    await this.#disk.look([this.#options.settings.jobsDir, this.#options.stateDir, info.graphRoot]);
    await this.context.drives.look(info.graphRoot);
    await this.context.networks.look(info);
    await this.seen.tryNew();
    probeJournal(this.context.journal, this.#options.log);
    if (this.#isKnown) {
      await compareAll(this.context, this.holdings, own);
      await sweepNetworks(this.context, this.holdings);
      // Removing may take longer than until the next listing.
      void this.#images.look({ freeBytes: this.#disk.freeBytes, inUse: this.holdings.images() });
      this.changed();
      return;
    }
    const deps = { context: this.context, holdings: this.holdings, lastHeard: this.#lastHeard };
    await adoptAll(deps, this.context.journal.rows(), own);
    await sweepNetworks(this.context, this.holdings);
    this.#isKnown = true;
    for (const execution of this.holdings.all()) {
      if (this.isRevoked || !this.#options.identity.categories.includes(execution.attempt.category)) {
        // The word came before Podman had listed, or it enrolled again for fewer categories.
        execution.order({ is: "forget" });
      }
      execution.begin();
    }
    this.#becomeKnown();
    this.sweep.begin();
  }

  #podmanChanged(): void {
    if (this.podman.state === "up") {
      for (const link of this.links.values()) {
        this.announcement.complete(link);
      }
      for (const execution of this.holdings.all()) {
        execution.look();
      }
    }
    this.changed();
  }
}
