/**
 * The Durable Object of one product category: the queue with Cloudflare's storage, clock, sockets and alarm. Runners'
 * sockets hibernate and their pings are answered by the platform, so an idle queue costs nothing.
 */
import { closeBack } from "../close-back.ts";
import { type Env, SettingsError, settingsOrError } from "../env.ts";
import { RestorableObject } from "../restorable.ts";
import { event } from "../telemetry.ts";
import { within } from "../within.ts";
import type {
  ChangeAnswer,
  CopyPlace,
  CreateAnswer,
  Extension,
  JobAnswer,
  JobDetail,
  JobIdentity,
  JobKey,
  JobSummary,
  JobVerb,
  NewJob,
  OpenJob,
  Pasted,
  QueueApi,
  QueueCopy,
  QueueHealth,
  QueueLoad,
  QueueRunner,
  QueueSummary,
  Standing,
  Termination,
  Undelivered,
  Watched,
} from "./api.ts";
import { copyPage } from "./copy.ts";
import { NOTHING_USED } from "./day-meter.ts";
import { viewHealth, viewLoad } from "./load.ts";
import { type OpenQueue, openQueue } from "./open-queue.ts";
import { ASK_FUNDS_MS, type Queue } from "./queue.ts";
import { SocketLines } from "./socket-line.ts";
import { acceptRunner } from "./upgrade.ts";
import { viewJobs, viewQueue, viewRunners, viewUndelivered } from "./views.ts";
import { findJob, mayServe } from "./watches.ts";

/** Better settings come with a deploy, which starts the object anew: what is overdue then waits this long at most. */
const BETTER_SETTINGS_MS = 60_000;

export class JobQueue extends RestorableObject implements QueueApi {
  readonly #lines: SocketLines;
  readonly #used = { ...NOTHING_USED };
  readonly #parts: OpenQueue | SettingsError;
  /** Tests move it. */
  clock: () => number = Date.now;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#lines = new SocketLines(ctx);
    // With wrong settings every call fails, but the object lives: the platform drops an alarm that failed six times.
    const settings = settingsOrError(env);
    const nowMs = () => this.clock();
    const given = { ctx, env, lines: this.#lines, used: this.#used, nowMs, random: Math.random };
    this.#parts = settings instanceof SettingsError ? settings : openQueue({ ...given, settings });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** For each request that wakes the object, once. */
  #asked(): Queue {
    this.#used.requests += 1;
    return this.#working().queue;
  }

  #working(): OpenQueue {
    if (this.#parts instanceof SettingsError) {
      throw this.#parts;
    }
    return this.#parts;
  }

  async create(jobs: NewJob[], hold: string | null): Promise<CreateAnswer> {
    const queue = this.#asked();
    const asking = queue.askFunds(jobs.map(({ plan }) => plan.workspace));
    if (asking !== null) {
      await within(ASK_FUNDS_MS, asking);
    }
    const answer = queue.create(jobs, hold);
    // In parallel with the guard: the first update then finds a token.
    this.ctx.waitUntil(this.#working().control.warmUp());
    return answer;
  }

  async release(hold: string): Promise<boolean> {
    return this.#asked().release(hold);
  }

  async answered(jobs: JobIdentity[]): Promise<void> {
    this.#asked().answered(jobs);
  }

  async terminate(jobs: Termination[]): Promise<void> {
    this.#asked().terminate(jobs);
  }

  async extend(jobs: Extension[]): Promise<ChangeAnswer> {
    return this.#asked().extend(jobs);
  }

  async suspend(jobs: JobIdentity[], wanted: boolean): Promise<ChangeAnswer> {
    return this.#asked().suspend(jobs, wanted);
  }

  async revoke(runnerId: string, reason: string, enrolledAt?: number): Promise<void> {
    this.#asked().revoke(runnerId, reason, enrolledAt);
    event("runner.revoked", { runner: runnerId, reason });
  }

  async reinstate(runnerId: string, enrolledAt?: number): Promise<void> {
    this.#asked().reinstate(runnerId, enrolledAt);
  }

  async drop(runnerId: string, enrolledAt: number): Promise<void> {
    this.#asked().drop(runnerId, enrolledAt);
  }

  async heed(runnerId: string, standing: Standing): Promise<void> {
    this.#asked().heed(runnerId, standing);
  }

  async dismiss(runnerId: string): Promise<void> {
    this.#asked().dismiss(runnerId);
  }

  async health(): Promise<QueueHealth> {
    return viewHealth(this.#asked().state);
  }

  async jobs(after: string | null, limit: number): Promise<{ items: JobSummary[]; next: string | null }> {
    return viewJobs(this.#asked().state, after, limit);
  }

  async job(id: string): Promise<JobDetail | null> {
    return this.#asked().job(id);
  }

  async runners(): Promise<QueueRunner[]> {
    return viewRunners(this.#asked().state);
  }

  async summary(): Promise<QueueSummary> {
    return viewQueue(this.#asked().state);
  }

  async load(): Promise<QueueLoad> {
    return viewLoad(this.#asked().state);
  }

  async undelivered(limit: number): Promise<Undelivered[]> {
    return viewUndelivered(this.#asked().state, limit);
  }

  async reconcile(): Promise<QueueSummary> {
    return this.#asked().reconcileNow();
  }

  async verify(jobs: OpenJob[]): Promise<void> {
    this.#asked().verify(jobs);
  }

  async cancel(id: string, reason: string): Promise<JobSummary | null> {
    return this.#asked().cancel(id, reason);
  }

  async decide(id: string, verb: JobVerb, reason: string): Promise<JobAnswer> {
    return this.#asked().decide(id, verb, reason);
  }

  async pause(pause: { reason: string | null; by: string } | null): Promise<QueueSummary> {
    return this.#asked().pause(pause);
  }

  async restored(given: { reason: string | null; by: string }): Promise<QueueSummary> {
    return this.#asked().restored(given);
  }

  async copy(place: CopyPlace | null): Promise<{ items: string[]; next: CopyPlace | null }> {
    return copyPage(this.#asked().state, place);
  }

  async paste(copy: QueueCopy, by: string): Promise<Pasted | null> {
    return this.#asked().paste(copy, by);
  }

  async find(identity: JobIdentity): Promise<{ incarnation: string; output: "edge" | "site" } | null> {
    return findJob(this.#asked().state, identity);
  }

  async watch(key: JobKey, dial: boolean): Promise<Watched | null> {
    return this.#asked().watch(key, dial);
  }

  async unwatch(key: JobKey): Promise<void> {
    this.#asked().unwatch(key);
  }

  async mayServe(key: JobKey & { attempt: number }, runner: string, nonce: string): Promise<boolean> {
    return mayServe(this.#asked().state, key, runner, nonce);
  }

  override async fetch(request: Request): Promise<Response> {
    return acceptRunner(request, { ctx: this.ctx, lines: this.#lines, queue: this.#asked() });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.#used.frames += 1;
    try {
      await this.#working().queue.message(this.#lines.lineOf(socket), message);
    } catch (error) {
      // Nothing was stored and nothing acknowledged: the runner says it all again on its next line.
      event("frame.failed", { error: error instanceof Error ? error.name : "unknown" });
      this.#lines.lineOf(socket).close(1011, "try again");
    }
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    this.#loseLine(socket);
    closeBack(socket, code, reason);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#loseLine(socket);
  }

  /** A last sign of life that cannot be written down now is taken as later than it was, which is always safe. */
  #loseLine(socket: WebSocket): void {
    try {
      this.#working().queue.closed(this.#lines.lineOf(socket));
    } catch (error) {
      event("line.note_failed", { error: error instanceof Error ? error.name : "unknown" });
    }
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    if (this.#parts instanceof SettingsError) {
      await this.ctx.storage.setAlarm(this.clock() + BETTER_SETTINGS_MS);
      return;
    }
    this.#used.requests += 1;
    await this.#working().wake.came(info?.scheduledTime ?? null);
  }
}
