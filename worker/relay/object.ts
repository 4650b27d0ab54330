/**
 * The Durable Object of one watched job. All its sockets hibernate; an alarm while somebody looks is its only clock. It
 * stores nothing: what it knows is in the sockets' attachments and with the queue.
 */
import { DurableObject } from "cloudflare:workers";
import * as z from "zod/mini";
import { RELAY_SUBPROTOCOL } from "../../shared/relay.ts";
import { closeBack } from "../close-back.ts";
import type { Env } from "../env.ts";
import type { WatchedState } from "../queue/api.ts";
import { queueOf, relayName } from "../queue/stub.ts";
import { event } from "../telemetry.ts";
import { serverSchema } from "./log-server.ts";
import { SERVER_HEADER, VIEWER_HEADER } from "./parcel.ts";
import { Relay } from "./relay.ts";
import { arrivalSchema } from "./viewer.ts";

const AFTER_TROUBLE_MS = 5_000;

type Kind = "viewer" | "server";
const arrivingServerSchema = z.extend(serverSchema, { nonce: z.string() });

export class JobRelay extends DurableObject<Env> {
  readonly relay: Relay;
  /** Tests move it. */
  clock: () => number = Date.now;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { category, key } = relayName(ctx.id.name ?? "");
    this.relay = new Relay({
      sockets: (kind) => ctx.getWebSockets(kind).filter(({ readyState }) => readyState === WebSocket.OPEN),
      watch: (dial) => queueOf(env, category).watch(key, dial),
      unwatch: () => queueOf(env, category).unwatch(key),
      nowMs: () => this.clock(),
      randomInt: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
      setAlarm: (atMs) => ctx.storage.setAlarm(atMs),
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async changed(seen: WatchedState, isRunnerBack: boolean): Promise<void> {
    await this.relay.changed(seen, isRunnerBack);
  }

  /** A viewer, or the runner that has the log; the Worker has checked both. */
  override async fetch(request: Request): Promise<Response> {
    const viewer = request.headers.get(VIEWER_HEADER);
    const server = request.headers.get(SERVER_HEADER);
    return server === null ? this.#acceptViewer(viewer ?? "") : await this.#acceptServer(server);
  }

  #acceptViewer(header: string): Response {
    const arrival = arrivalSchema.parse(JSON.parse(header));
    const { 0: client, 1: socket } = new WebSocketPair();
    this.ctx.acceptWebSocket(socket, ["viewer"]);
    this.ctx.waitUntil(this.#trying(this.relay.addViewer(socket, arrival)));
    return new Response(null, { status: 101, webSocket: client });
  }

  async #acceptServer(header: string): Promise<Response> {
    const { nonce, ...server } = arrivingServerSchema.parse(JSON.parse(header));
    const { category, key } = relayName(this.ctx.id.name ?? "");
    const queue = queueOf(this.env, category);
    if (!(await queue.mayServe({ ...key, attempt: server.attempt }, server.runner, nonce))) {
      return new Response(null, { status: 403 });
    }
    const startedAtMs = (await queue.watch(key, false))?.startedAtMs ?? null;
    if (this.relay.viewers.length === 0) {
      await queue.unwatch(key);
      return new Response(null, { status: 409 });
    }
    const { 0: client, 1: socket } = new WebSocketPair();
    this.ctx.acceptWebSocket(socket, ["server"]);
    await this.relay.addServer(socket, server, startedAtMs);
    const headers = { "Sec-WebSocket-Protocol": RELAY_SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (this.#kindOf(socket) === "viewer") {
      this.relay.takeFromViewer(socket);
      return;
    }
    await this.#trying(this.relay.takeFromServer(socket, message));
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    closeBack(socket, code, reason);
    await this.#trying(this.relay.lose(socket, this.#kindOf(socket)));
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#trying(this.relay.lose(socket, this.#kindOf(socket)));
  }

  /** Never throws: the platform drops an alarm that failed six times. */
  override async alarm(): Promise<void> {
    await this.#trying(this.relay.tick());
  }

  #kindOf(socket: WebSocket): Kind {
    return this.ctx.getTags(socket).includes("viewer") ? "viewer" : "server";
  }

  /** A queue that cannot be asked now is asked again soon. */
  async #trying(work: Promise<void> | undefined): Promise<void> {
    try {
      await work;
    } catch (error) {
      event("relay.failed", { error: error instanceof Error ? error.name : "unknown" });
      await this.ctx.storage.setAlarm(this.clock() + AFTER_TROUBLE_MS);
    }
  }
}
