/**
 * Who may connect as a runner, and what administrators have decided about it. One object for the whole provider; it is
 * asked once per connection, and it keeps telling each queue of a decision until that queue has confirmed it.
 */
import type { Env } from "../env.ts";
import type { Pasted } from "../queue/api.ts";
import type { QueueSnapshot } from "../queue/snapshot.ts";
import { RestorableObject } from "../restorable.ts";
import { event } from "../telemetry.ts";
import { admission, keepOut } from "./admission.ts";
import type {
  AdmitAnswer,
  AuditedWrite,
  Decided,
  EnrollAnswer,
  EnrolledRunner,
  Enrolling,
  KeptCode,
  NewCode,
  NewRunner,
  Overview,
  RegisterAnswer,
  RegistryApi,
  RegistryCopy,
  RunnerRecord,
} from "./api.ts";
import { isAtWork } from "./at-work.ts";
import { AuditStore } from "./audit-store.ts";
import { drawCode, hashOf } from "./code.ts";
import { CodeStore } from "./code-store.ts";
import { copyPage, pasteCopy } from "./copy.ts";
import { type Desk, enrolByCode, enrolByKey } from "./enrolment.ts";
import { migrateRegistry } from "./migrations.ts";
import { PendingWords } from "./pending-words.ts";
import { SnapshotStore } from "./snapshots.ts";
import { type Decision, decide, drainedNow } from "./standing.ts";
import { RegistryStore } from "./store.ts";

export class Registry extends RestorableObject implements RegistryApi {
  readonly #store: RegistryStore;
  readonly #codes: CodeStore;
  readonly #snapshots: SnapshotStore;
  readonly #audit: AuditStore;
  readonly #words: PendingWords;
  /** Tests move it. */
  clock: () => number = Date.now;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrateRegistry(ctx.storage);
    this.#store = new RegistryStore(ctx.storage.sql);
    this.#codes = new CodeStore(ctx.storage.sql);
    this.#snapshots = new SnapshotStore(ctx.storage.sql);
    this.#audit = new AuditStore(ctx.storage.sql);
    this.#words = new PendingWords({ ctx, env, store: this.#store, nowMs: () => this.clock() });
  }

  async newCode(given: NewCode): Promise<{ id: string; code: string; expiresAt: number }> {
    const code = drawCode();
    const hash = await hashOf(code);
    const { id, expiresAt } = this.ctx.storage.transactionSync(() => this.#codes.add(hash, given, this.clock()));
    return { id, code, expiresAt };
  }

  async codes(limit: number): Promise<KeptCode[]> {
    return this.#codes.open(limit, this.clock());
  }

  async endCode(id: string): Promise<KeptCode | null> {
    return this.ctx.storage.transactionSync(() => this.#codes.end(id, this.clock()));
  }

  async enroll({ code, ...asked }: Enrolling): Promise<EnrollAnswer> {
    const hashed = { hash: await hashOf(code), ...asked };
    const first = await this.#enrolling((desk) => enrolByCode(desk, hashed, null));
    if (first.kind !== "look") {
      return first;
    }
    if (await isAtWork(this.env, first.runner)) {
      return { kind: "at_work" };
    }
    const second = await this.#enrolling((desk) => enrolByCode(desk, hashed, first.runner.enrolledAt));
    // Somebody else has got the name meanwhile.
    return second.kind === "look" ? { kind: "at_work" } : second;
  }

  async register(given: NewRunner): Promise<RegisterAnswer> {
    return this.#enrolling((desk) => enrolByKey(desk, given));
  }

  async #enrolling<T>(work: (desk: Desk) => T): Promise<T> {
    const events: Parameters<typeof event>[] = [];
    const done = this.ctx.storage.transactionSync(() =>
      work({
        store: this.#store,
        codes: this.#codes,
        nowMs: this.clock(),
        tellLater: (runner, categories) => this.#words.later(runner, categories),
        event: (...said) => events.push(said),
      }),
    );
    for (const said of events) {
      event(...said);
    }
    if (events.length > 0) {
      await this.#words.tell();
    }
    return done;
  }

  async runnerWithKey(publicKey: string): Promise<EnrolledRunner | null> {
    const runner = this.#store.runnerWithKey(publicKey);
    return runner && this.#shown(runner);
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
      this.#words.later(runnerId, this.#store.categories());
    });
    await this.#words.tell();
    event("runner.removed", { runner: runnerId });
    return { runner: this.#shown(known), open: this.#words.openOf(runnerId) };
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
      this.#words.later(runnerId, runner.categories);
    });
    await this.#words.tell();
    return { runner: this.#shown(runner), open: this.#words.openOf(runnerId) };
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
      await this.#words.tell();
    } catch (error) {
      event("registry.alarm_failed", { error: error instanceof Error ? error.name : "unknown" });
      await this.#words.again();
    }
  }
}
