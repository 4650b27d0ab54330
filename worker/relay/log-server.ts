/** The socket on which a runner brings one attempt's log to its relay. */
import * as z from "zod/mini";
import type { RelayOrder } from "../../shared/relay.ts";

export const serverSchema = z.object({ runner: z.string(), attempt: z.number() });
export type Server = z.infer<typeof serverSchema>;

const keptSchema = z.extend(serverSchema, { kind: z.literal("server") });

export class LogServer {
  readonly socket: WebSocket;
  readonly attempt: number;

  private constructor(socket: WebSocket, { attempt }: Server) {
    this.socket = socket;
    this.attempt = attempt;
  }

  static arrive(socket: WebSocket, server: Server): LogServer {
    socket.serializeAttachment({ kind: "server", ...server });
    return new LogServer(socket, server);
  }

  static of(socket: WebSocket): LogServer {
    return new LogServer(socket, keptSchema.parse(socket.deserializeAttachment()));
  }

  order(order: RelayOrder): void {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(order));
    }
  }

  /** Null: nobody knows which. Its next chunk will tell. */
  stop(stream: number | null): void {
    if (stream !== null) {
      this.order({ type: "stop", stream });
    }
  }

  close(code: number, reason: string): void {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.close(code, reason);
    }
  }
}
