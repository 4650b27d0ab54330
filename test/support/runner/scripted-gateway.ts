/** A gateway on loopback that is played by the test: real upgrades, and the answer that the test wants. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { until } from "../manual-clock.ts";
import { GatewayLine } from "./gateway-line.ts";

export type Upgrade = { path: string; protocol: string | undefined; claims: Record<string, unknown>; token: string };
export type RefusedUpgrade = { status: number; date?: string; retryAfter?: string };

export class ScriptedGateway {
  readonly url: string;
  readonly upgrades: Upgrade[] = [];
  readonly lines: GatewayLine[] = [];
  /** What every upgrade is answered from now on; null: it is let in. */
  refusal: RefusedUpgrade | null = null;
  /** Decides what happens on each new line; without it the test does. */
  onLine: (line: GatewayLine) => void = () => {};
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#sockets.on("connection", (socket) => {
      const line = new GatewayLine(socket);
      this.lines.push(line);
      this.onLine(line);
    });
  }

  static async open(): Promise<ScriptedGateway> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") {
      throw new Error("a TCP server has a port");
    }
    return new ScriptedGateway(server, `http://127.0.0.1:${address.port}`);
  }

  async upgrade(count = 1): Promise<Upgrade> {
    await until(() => this.upgrades.length >= count, `upgrade ${count}`);
    return nth(this.upgrades, count);
  }

  async line(count = 1): Promise<GatewayLine> {
    await until(() => this.lines.length >= count, `line ${count}`);
    return nth(this.lines, count);
  }

  async close(): Promise<void> {
    for (const line of this.lines) {
      line.cut();
    }
    this.#sockets.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = (request.headers.authorization ?? "").replace("Bearer ", "");
    const protocol = request.headers["sec-websocket-protocol"];
    this.upgrades.push({ path: request.url ?? "", protocol, token, claims: claimsOf(token) });
    socket.on("error", () => {});
    if (this.refusal === null) {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#sockets.emit("connection", ws, request));
      return;
    }
    const { status, date, retryAfter } = this.refusal;
    const dated = date === undefined ? "" : `Date: ${date}\r\n`;
    const later = retryAfter === undefined ? "" : `Retry-After: ${retryAfter}\r\n`;
    socket.end(`HTTP/1.1 ${status} No\r\n${dated}${later}Content-Length: 0\r\nConnection: close\r\n\r\n`);
  }
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

function nth<T>(from: T[], count: number): T {
  const found = from[count - 1];
  if (found === undefined) {
    throw new Error(`there is no number ${count}`);
  }
  return found;
}
