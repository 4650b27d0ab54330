/**
 * Who may connect as a runner, and what administrators have decided about it. One object for the whole provider; it is
 * asked once per connection, and it keeps telling each queue of a decision until that queue has confirmed it.
 */
import { doubling } from "../../shared/backoff.ts";
import type { Env } from "../env.ts";
import { randomHex } from "../hex.ts";
import type { Pasted } from "../queue/api.ts";
import type { QueueSnapshot } from "../queue/snapshot.ts";
import { queueOf } from "../queue/stub.ts";
import { RestorableObject } from "../restorable.ts";
import { mayCallFrom } from "../runner/address.ts";
import { event } from "../telemetry.ts";
import { admission, keepOut } from "./admission.ts";
import type {
  AdmitAnswer,
  Allowed,
  AuditedWrite,
  Decided,
  EnrollAnswer,
  EnrolledRunner,
  Overview,
  RegistryApi,
  RegistryCopy,
  RunnerRecord,
} from "./api.ts";
import { AuditStore } from "./audit-store.ts";
import { drawCode, hashOf } from "./code.ts";
import { copyPage, pasteCopy } from "./copy.ts";
import { migrateRegistry } from "./migrations.ts";
import { standsAlike, tellQueue } from "./queue-word.ts";
import { SnapshotStore } from "./snapshots.ts";
import { type Decision, decide, drainedNow } from "./standing.ts";
import { RegistryStore } from "./store.ts";

const RETRY_MS = 1_000;
const RETRY_MAX_MS = 60_000;

export class Registry extends RestorableObject implements RegistryApi {
  readonly #store: RegistryStore;
  readonly #snapshots: SnapshotStore;
  readonly #audit: AuditStore;
  /** Tests move it. */
  clock: () => number = Date.now;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrateRegistry(ctx.storage);
    this.#store = new RegistryStore(ctx.storage.sql);
    this.#snapshots = new SnapshotStore(ctx.storage.sql);
    this.#audit = new AuditStore(ctx.storage.sql);
  }

  async newCode(given: Allowed): Promise<{ code: string; expiresAt: number }> {
    const code = drawCode();
    return { code, expiresAt: this.#store.addCode(await hashOf(code), given, this.clock()) };
  }

  async enroll({ code, publicKey, address }: Parameters<RegistryApi["enroll"]>[0]): Promise<EnrollAnswer> {
    const hash = await hashOf(code);
    const allowed = this.#store.code(hash, this.clock());
    if (allowed === null) {
      return { kind: "code_unknown" };
    }
    if (!mayCallFrom(address, allowed.cidr)) {
      return { kind: "other_address" };
    }
    const enrolled = this.ctx.storage.transactionSync(() => this.#enroll(hash, allowed, publicKey));
    await this.#tellQueues();
    const { id, name, categories } = enrolled;
    event("runner.enrolled", { runner: id });
    return { kind: "enrolled", runner: { id, name }, categories };
  }

  #enroll(hash: string, allowed: Allowed, publicKey: string): RunnerRecord {
    const nowMs = this.clock();
    this.#store.removeCode(hash);
    const known = this.#store.runnerNamed(allowed.name);
    const runner: RunnerRecord = {
      id: known?.id ?? `r-${randomHex(8)}`,
      ...allowed,
      publicKey,
      // Two enrolments are never of one moment: by it queues tell which came last.
      enrolledAt: Math.max(nowMs, (known?.enrolledAt ?? 0) + 1),
      revokedAt: null,
      revokeReason: null,
      // A new key repairs no machine: what is drained stays drained.
      standing: known?.standing ?? null,
    };
    // Before the runner's new categories replace its old ones, and with them.
    this.#store.rememberCategories();
    this.#store.saveRunner(runner);
    if (known !== null) {
      // The old key's sockets are closed, no queue believes in an old revocation, and a category that is left out is told.
      this.#tellLater(runner.id, [...new Set([...known.categories, ...runner.categories])]);
    }
    return runner;
  }

  async admit(runnerId: string, category: string): Promise<AdmitAnswer> {
    return admission(this.#store, runnerId, category);
  }

  async categories(): Promise<string[]> {
    return this.#store.categories();
  }

  async runners(): Promise<EnrolledRunner[]> {
    return this.#store.allRunners().map((runner) => this.#shown(runner));
  }

  async report(category: string, snapshot: QueueSnapshot): Promise<void> {
    this.#snapshots.keep(category, snapshot);
  }

  async overview(): Promise<Overview> {
    const runners = this.#store.allRunners().filter(({ revokedAt }) => revokedAt === null).length;
    return { queues: this.#snapshots.all(), runners, openWords: this.#store.pending().length };
  }

  async revoke(runnerId: string, reason: string): Promise<Decided | null> {
    return this.#change(runnerId, (known) => {
      return { ...known, revokedAt: known.revokedAt ?? this.clock(), revokeReason: reason };
    });
  }

  async decide(runnerId: string, decision: Decision): Promise<Decided | null> {
    return this.#change(runnerId, (known) => {
      return { ...known, standing: decide(known.standing, decision, this.clock()) };
    });
  }

  async remove(runnerId: string): Promise<Decided | null> {
    const known = this.#store.runner(runnerId);
    if (known === null) {
      return null;
    }
    this.ctx.storage.transactionSync(() => {
      // Its categories stay known: their queues may have jobs.
      this.#store.rememberCategories();
      this.#store.removeRunner(runnerId);
      this.#tellLater(runnerId, this.#store.categories());
    });
    await this.#tellQueues();
    event("runner.removed", { runner: runnerId });
    return { runner: this.#shown(known), open: this.#openOf(runnerId) };
  }

  async keepOut(isKeptOut: boolean): Promise<void> {
    keepOut(this.#store, isKeptOut);
  }

  async copy(after: string): Promise<RegistryCopy & { next: string | null }> {
    return copyPage(this.#store, after);
  }

  async paste(copy: RegistryCopy): Promise<Pasted | { nameOf: string }> {
    return this.ctx.storage.transactionSync(() => pasteCopy(this.#store, copy));
  }

  async audit(write: AuditedWrite): Promise<void> {
    this.ctx.storage.transactionSync(() => this.#audit.add({ at: this.clock(), ...write }));
  }

  async audited(limit: number): Promise<(AuditedWrite & { at: number })[]> {
    return this.#audit.newest(limit);
  }

  /** Stored, told to every queue concerned, and told again by the alarm to those that did not confirm. */
  async #change(runnerId: string, changed: (known: RunnerRecord) => RunnerRecord): Promise<Decided | null> {
    const known = this.#store.runner(runnerId);
    if (known === null) {
      return null;
    }
    const runner = changed(known);
    this.ctx.storage.transactionSync(() => {
      this.#store.saveRunner(runner);
      this.#tellLater(runnerId, runner.categories);
    });
    await this.#tellQueues();
    return { runner: this.#shown(runner), open: this.#openOf(runnerId) };
  }

  #openOf(runnerId: string): string[] {
    const open = this.#store.pending().filter(({ runner }) => runner === runnerId);
    return open.map(({ category }) => category);
  }

  #shown({ id, name, categories, enrolledAt, revokedAt, standing, cidr }: RunnerRecord): EnrolledRunner {
    return { id, name, categories, enrolledAt, revokedAt, drained: drainedNow(standing, this.clock()), cidr };
  }

  /** The value in use is written once; data that was placed under one cannot be found under another. */
  async jurisdictionInUse(wanted: string): Promise<string> {
    const known = this.#store.setting("jurisdiction");
    if (known === null) {
      this.#store.setSetting("jurisdiction", wanted);
    }
    return known ?? wanted;
  }

  /** Never throws: the platform drops an alarm that failed six times. */
  override async alarm(): Promise<void> {
    try {
      await this.#tellQueues();
    } catch (error) {
      event("registry.alarm_failed", { error: error instanceof Error ? error.name : "unknown" });
      await this.ctx.storage.setAlarm(this.clock() + RETRY_MAX_MS);
    }
  }

  /** In the transaction of what is to be told: then it is told even if this object goes from memory before it could. */
  #tellLater(runner: string, categories: string[]): void {
    this.#store.addPending(runner, categories);
    void this.ctx.storage.setAlarm(this.clock() + RETRY_MAX_MS);
  }

  /** Says to every queue that has not confirmed how it stands now with the runner. */
  async #tellQueues(): Promise<void> {
    for (const { runner, category } of this.#store.pending()) {
      const record = this.#store.runner(runner);
      try {
        await tellQueue(queueOf(this.env, category), { runner, category }, record);
        if (standsAlike(this.#store.runner(runner), record)) {
          this.#store.confirm(runner, category);
        } else {
          // It changed meanwhile, and the newer word may have arrived before this one.
          this.#store.addPending(runner, [category]);
        }
      } catch (error) {
        event("registry.queue_unreachable", { category, error: error instanceof Error ? error.name : "unknown" });
        this.#store.countTry(runner, category);
      }
    }
    const open = this.#store.pending();
    if (open.length === 0) {
      await this.ctx.storage.deleteAlarm();
      return;
    }
    const tries = Math.min(...open.map((one) => one.tries));
    await this.ctx.storage.setAlarm(this.clock() + doubling(tries, RETRY_MS, RETRY_MAX_MS));
  }
}
