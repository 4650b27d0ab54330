/**
 * The Durable Object of one product category: the queue with Cloudflare's storage, clock, sockets and alarm. Runners'
 * sockets hibernate and their pings are answered by the platform, so an idle queue costs nothing.
 */
import { DurableObject } from "cloudflare:workers";
import { SUBPROTOCOL } from "../../shared/proof.ts";
import { type Env, settingsOf } from "../env.ts";
import { event } from "../telemetry.ts";
import { createUcloudClient } from "../ucloud/client.ts";
import type { ControlApi } from "../ucloud/control.ts";
import type {
  CreateAnswer,
  JobDetail,
  JobIdentity,
  JobSummary,
  NewJob,
  QueueApi,
  QueueRunner,
  QueueSummary,
  Undelivered,
} from "./api.ts";
import { verifyEd25519 } from "./proof.ts";
import { Queue } from "./queue.ts";
import { RUNNER_HEADER, runnerOf } from "./runner-header.ts";
import { SocketLines } from "./socket-line.ts";
import { storageSql } from "./storage-sql.ts";
import { viewJobs, viewQueue, viewRunners, viewUndelivered } from "./views.ts";

/** Codes that a peer never sent: they may be reported but not used. */
const UNUSABLE_CODES = [1005, 1006, 1015];
const MAX_CLOSE_REASON = 100;

export class JobQueue extends DurableObject<Env> implements QueueApi {
  readonly #lines: SocketLines;
  readonly #control: ControlApi;
  readonly #queue: Queue;
  /** Tests move it. */
  clock: () => number = Date.now;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { ucloudUrl, refreshTokens, times } = settingsOf(env);
    const nowMs = () => this.clock();
    this.#lines = new SocketLines(ctx);
    this.#control = createUcloudClient({
      ucloudUrl,
      refreshTokens,
      fetch: (input, init) => fetch(input, init),
      now: nowMs,
    });
    this.#queue = new Queue({
      category: ctx.id.name ?? "",
      times,
      sql: storageSql(ctx.storage.sql),
      transaction: (work) => ctx.storage.transactionSync(work),
      nowMs,
      random: Math.random,
      randomHex,
      verify: verifyEd25519,
      control: this.#control,
      lines: (runner) => this.#lines.open(runner),
      setAlarm: (atMs) => void ctx.storage.setAlarm(atMs),
      event,
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async create(jobs: NewJob[], hold: string | null): Promise<CreateAnswer> {
    const answer = this.#queue.create(jobs, hold);
    // In parallel with the guard: the first update then finds a token.
    this.ctx.waitUntil(this.#control.warmUp());
    return answer;
  }

  async release(hold: string): Promise<boolean> {
    return this.#queue.release(hold);
  }

  async answered(jobs: JobIdentity[]): Promise<void> {
    this.#queue.answered(jobs);
  }

  async terminate(jobs: (JobIdentity & { productId: string })[]): Promise<void> {
    this.#queue.terminate(jobs);
  }

  async revoke(runnerId: string, reason: string): Promise<void> {
    this.#queue.revoke(runnerId);
    event("runner.revoked", { runner: runnerId, reason });
  }

  async reinstate(runnerId: string): Promise<void> {
    this.#queue.reinstate(runnerId);
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

  async undelivered(limit: number): Promise<Undelivered[]> {
    return viewUndelivered(this.#queue.state, limit);
  }

  async cancel(id: string, reason: string): Promise<JobSummary | null> {
    return this.#queue.cancel(id, reason);
  }

  /** The upgrade of a runner that the Worker has checked; whatever the Worker believed, a revoked one is refused. */
  override async fetch(request: Request): Promise<Response> {
    const runner = runnerOf(request.headers.get(RUNNER_HEADER));
    if (runner === null || request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
      return new Response(null, { status: 426 });
    }
    if (this.#queue.isRevoked(runner.id)) {
      return new Response(null, { status: 403 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [runner.id]);
    this.#queue.open(this.#lines.lineOf(server), runner);
    return new Response(null, { status: 101, webSocket: client, headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL } });
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
    this.#queue.closed(this.#lines.lineOf(socket));
    // The closing handshake is ours to complete.
    socket.close(UNUSABLE_CODES.includes(code) ? 1000 : code, reason.slice(0, MAX_CLOSE_REASON));
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#queue.closed(this.#lines.lineOf(socket));
  }

  override async alarm(): Promise<void> {
    await this.#queue.alarm();
  }
}

function randomHex(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
