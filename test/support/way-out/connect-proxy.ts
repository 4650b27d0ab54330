/** A proxy that opens tunnels to names that only it knows, asks for a password, and fails in every way that one can. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** `tunnel`, a status, no answer at all, or a tunnel in which nothing passes. */
export type Behaviour = "tunnel" | number | "silent" | "dead tunnel";

export class ConnectProxy {
  /** What was asked for, in order, whatever the answer was. */
  readonly asked: string[] = [];
  behaviour: Behaviour = "tunnel";
  /** `user:password`; null: it asks for none. */
  credentials: string | null = null;
  /** Ports on the loopback, by `HOST:PORT`. */
  readonly routes = new Map<string, number>();
  readonly #server: Server;
  readonly #open = new Set<Duplex>();

  private constructor() {
    this.#server = createServer((_request, response) => response.writeHead(501).end());
    this.#server.on("connect", (request, socket: Duplex) => {
      this.#open.add(socket);
      socket.on("error", () => {}).on("close", () => this.#open.delete(socket));
      this.asked.push(request.url ?? "");
      this.#answer(request.url ?? "", request.headers["proxy-authorization"], socket);
    });
  }

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections that somebody still holds. */
  get held(): number {
    return this.#open.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) {
      socket.destroy();
    }
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(target: string, given: string | undefined, socket: Duplex): void {
    const wanted = this.credentials === null ? undefined : `Basic ${btoa(this.credentials)}`;
    const status = typeof this.behaviour === "number" ? this.behaviour : given === wanted ? 200 : 407;
    if (this.behaviour !== "silent") {
      socket.write(`HTTP/1.1 ${status} Words that nobody is to repeat\r\n\r\n`);
    }
    if (status === 200 && this.behaviour === "tunnel") {
      const far = connect(this.routes.get(target) ?? 0, "127.0.0.1");
      // Nobody reads the rest, and with it the end, for one who is gone.
      far.on("error", () => socket.destroy()).on("close", () => socket.resume());
      far.pipe(socket);
      socket.on("close", () => far.destroy()).pipe(far);
      return;
    }
    // As real ones do after a 407, it leaves the connection to the other side.
    socket.on("end", () => socket.end()).resume();
  }
}
