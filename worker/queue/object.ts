/**
 * The Durable Object of one product category: the queue with Cloudflare's storage, clock, sockets and alarm. Runners'
 * sockets hibernate and their pings are answered by the platform, so an idle queue costs nothing.
 */
import { closeBack } from "../close-back.ts";
import { type Env, type Settings, SettingsError, settingsOrError } from "../env.ts";
import { RestorableObject } from "../restorable.ts";
import { event } from "../telemetry.ts";
import type { ControlApi } from "../ucloud/control.ts";
import { ucloudPorts } from "../ucloud/queue-ports.ts";
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
  QueueLoad,
  QueueRunner,
  QueueSummary,
  Standing,
  Termination,
  Undelivered,
  Watched,
} from "./api.ts";
import { copyPage } from "./copy.ts";
import { viewLoad } from "./load.ts";
import { platformPorts } from "./platform-ports.ts";
import { ASK_FUNDS_MS, Queue } from "./queue.ts";
import { SocketLines } from "./socket-line.ts";
import { acceptRunner } from "./upgrade.ts";
import { viewJobs, viewQueue, viewRunners, viewUndelivered } from "./views.ts";
import { findJob, mayServe } from "./watches.ts";

/** Better settings come with a deploy, which starts the object anew: what is overdue then waits this long at most. */
const BETTER_SETTINGS_MS = 60_000;

type Parts = { queue: Queue; control: ControlApi };

export class JobQueue extends RestorableObject implements QueueApi {
  readonly #lines: SocketLines;
  readonly #parts: Parts | SettingsError;
  /** Tests move it. */
  clock: () => number = Date.now;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#lines = new SocketLines(ctx);
    // With wrong settings every call fails, but the object lives: the platform drops an alarm that failed six times.
    const settings = settingsOrError(env);
    this.#parts = settings instanceof SettingsError ? settings : this.#open(settings);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  #open(settings: Settings): Parts {
    const { ctx } = this;
    const nowMs = () => this.clock();
    const category = ctx.id.name ?? "";
    const ucloud = ucloudPorts(settings, category, nowMs);
    const platform = platformPorts({ ctx, env: this.env, category, lines: this.#lines });
    const { times } = settings;
    const queue = new Queue({ ...ucloud, ...platform, category, times, nowMs, random: Math.random });
    return { queue, control: ucloud.control };
  }

  get #queue(): Queue {
    return this.#working().queue;
  }

  #working(): Parts {
    if (this.#parts instanceof SettingsError) {
      throw this.#parts;
    }
    return this.#parts;
  }

  async create(jobs: NewJob[], hold: string | null): Promise<CreateAnswer> {
    await within(ASK_FUNDS_MS, this.#queue.askFunds(jobs.map(({ plan }) => plan.workspace)));
    const answer = this.#queue.create(jobs, hold);
    // In parallel with the guard: the first update then finds a token.
    this.ctx.waitUntil(this.#working().control.warmUp());
    return answer;
  }

  async release(hold: string): Promise<boolean> {
    return this.#queue.release(hold);
  }

  async answered(jobs: JobIdentity[]): Promise<void> {
    this.#queue.answered(jobs);
  }

  async terminate(jobs: Termination[]): Promise<void> {
    this.#queue.terminate(jobs);
  }

  async extend(jobs: Extension[]): Promise<ChangeAnswer> {
    return this.#queue.extend(jobs);
  }

  async suspend(jobs: JobIdentity[], wanted: boolean): Promise<ChangeAnswer> {
    return this.#queue.suspend(jobs, wanted);
  }

  async revoke(runnerId: string, reason: string, enrolledAt?: number): Promise<void> {
    this.#queue.revoke(runnerId, reason, enrolledAt);
    event("runner.revoked", { runner: runnerId, reason });
  }

  async reinstate(runnerId: string, enrolledAt?: number): Promise<void> {
    this.#queue.reinstate(runnerId, enrolledAt);
  }

  async heed(runnerId: string, standing: Standing): Promise<void> {
    this.#queue.heed(runnerId, standing);
  }

  async dismiss(runnerId: string): Promise<void> {
    this.#queue.dismiss(runnerId);
  }

  async health(): Promise<{ refreshRefusedSince: number | null }> {
    return { refreshRefusedSince: this.#queue.state.settings.get().refreshRefusedSinceMs };
  }

  async jobs(after: string | null, limit: number): Promise<{ items: JobSummary[]; next: string | null }> {
    return viewJobs(this.#queue.state, after, limit);
  }

  async job(id: string): Promise<JobDetail | null> {
    return this.#queue.job(id);
  }

  async runners(): Promise<QueueRunner[]> {
    return viewRunners(this.#queue.state);
  }

  async summary(): Promise<QueueSummary> {
    return viewQueue(this.#queue.state);
  }

  async load(): Promise<QueueLoad> {
    return viewLoad(this.#queue.state);
  }

  async undelivered(limit: number): Promise<Undelivered[]> {
    return viewUndelivered(this.#queue.state, limit);
  }

  async reconcile(): Promise<QueueSummary> {
    this.#queue.reconcileNow();
    return viewQueue(this.#queue.state);
  }

  async verify(jobs: OpenJob[]): Promise<void> {
    this.#queue.verify(jobs);
  }

  async cancel(id: string, reason: string): Promise<JobSummary | null> {
    return this.#queue.cancel(id, reason);
  }

  async decide(id: string, verb: JobVerb, reason: string): Promise<JobAnswer> {
    return this.#queue.decide(id, verb, reason);
  }

  async pause(pause: { reason: string | null; by: string } | null): Promise<QueueSummary> {
    return this.#queue.pause(pause);
  }

  async restored(given: { reason: string | null; by: string }): Promise<QueueSummary> {
    return this.#queue.restored(given);
  }

  async copy(place: CopyPlace | null): Promise<{ items: string[]; next: CopyPlace | null }> {
    return copyPage(this.#queue.state, place);
  }

  async paste(copy: QueueCopy, by: string): Promise<Pasted | null> {
    return this.#queue.paste(copy, by);
  }

  async find(identity: JobIdentity): Promise<{ incarnation: string; output: "edge" | "site" } | null> {
    return findJob(this.#queue.state, identity);
  }

  async watch(key: JobKey, dial: boolean): Promise<Watched | null> {
    return this.#queue.watch(key, dial);
  }

  async unwatch(key: JobKey): Promise<void> {
    this.#queue.unwatch(key);
  }

  async mayServe(key: JobKey & { attempt: number }, runner: string, nonce: string): Promise<boolean> {
    return mayServe(this.#queue.state, key, runner, nonce);
  }

  override async fetch(request: Request): Promise<Response> {
    return acceptRunner(request, { ctx: this.ctx, lines: this.#lines, queue: this.#queue });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    try {
      await this.#queue.message(this.#lines.lineOf(socket), message);
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
      this.#queue.closed(this.#lines.lineOf(socket));
    } catch (error) {
      event("line.note_failed", { error: error instanceof Error ? error.name : "unknown" });
    }
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    if (this.#parts instanceof SettingsError) {
      await this.ctx.storage.setAlarm(this.clock() + BETTER_SETTINGS_MS);
      return;
    }
    await this.#queue.alarm(info?.scheduledTime);
  }
}
