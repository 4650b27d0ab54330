/**
 * A line between runners and the gateway that knows frames: one of them is lost, comes twice, is kept back, or is the
 * last that the line carries. Everything else passes, also what is no socket.
 */
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import WebSocket, { WebSocketServer } from "ws";
import type { Way } from "./passage.ts";

/** `cut-before`: the line breaks instead of it. `cut-after`: it is the last. */
type Fate = "lost" | "twice" | "cut-before" | "cut-after" | "held";
type Rule = { way: Way; look: RegExp; fate: Fate; struck: () => void; opened: Promise<void> };

export type Struck = {
  /** Resolves when such a frame has come. */
  reached: Promise<void>;
  /** Lets a held one, and what waits behind it, go on. */
  open(): void;
};

export class FrameLine {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #target: URL;
  #rules: Rule[] = [];

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const call = request(new URL(url ?? "/", this.#target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      call.on("error", () => outgoing.destroy());
      incoming.pipe(call);
    });
    this.#server.on("upgrade", (incoming, socket, head) => this.#dial(incoming, socket, head));
  }

  static async to(url: string): Promise<FrameLine> {
    const line = new FrameLine(url);
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** For the next frame that looks like this; `down`: from the gateway. */
  strike(way: Way, look: RegExp, fate: Fate): Struck {
    let struck = () => {};
    let open = () => {};
    const reached = new Promise<void>((resolve) => {
      struck = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#rules.push({ way, look, fate, struck, opened });
    return { reached, open };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) {
      socket.terminate();
    }
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #dial(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { authorization = "", "sec-websocket-protocol": protocol = "" } = incoming.headers;
    const url = new URL(incoming.url ?? "/", this.#target.href.replace("http", "ws"));
    const far = new WebSocket(url, protocol.split(/, */).filter(Boolean), {
      headers: { authorization },
      perMessageDeflate: false,
    });
    far.on("error", () => socket.destroy());
    far.on("unexpected-response", (_call, { statusCode, headers }) => {
      const date = headers.date === undefined ? "" : `Date: ${headers.date}\r\n`;
      socket.end(`HTTP/1.1 ${statusCode} Refused\r\n${date}Connection: close\r\nContent-Length: 0\r\n\r\n`);
      far.terminate();
    });
    // What the gateway says with the upgrade itself must find somebody who listens.
    const early: string[] = [];
    const keep = (data: WebSocket.RawData) => early.push(data.toString());
    far.on("message", keep);
    far.on("open", () => {
      this.#sockets.handleUpgrade(incoming, socket, head, (near) => {
        far.off("message", keep);
        this.#join(near, far, early);
      });
    });
  }

  #join(near: WebSocket, far: WebSocket, early: string[]): void {
    const cut = () => {
      near.terminate();
      far.terminate();
    };
    const pass = (way: Way, from: WebSocket, to: WebSocket) => {
      let last: Promise<void> = Promise.resolve();
      const take = (text: string) => {
        last = last.then(() => this.#carry(way, text, to, cut));
      };
      from.on("message", (data) => take(data.toString()));
      from.on("close", (code, reason) => {
        last = last.then(() => (isSayable(code) ? to.close(code, reason) : to.terminate()));
      });
      from.on("error", () => {});
      return take;
    };
    pass("up", near, far);
    const down = pass("down", far, near);
    early.forEach(down);
  }

  async #carry(way: Way, text: string, to: WebSocket, cut: () => void): Promise<void> {
    const rule = this.#rules.find((one) => one.way === way && one.look.test(text));
    this.#rules = this.#rules.filter((one) => one !== rule);
    rule?.struck();
    if (rule?.fate === "cut-before") {
      cut();
      return;
    }
    if (rule?.fate === "lost") {
      return;
    }
    if (rule?.fate === "held") {
      await rule.opened;
    }
    if (to.readyState !== WebSocket.OPEN) {
      return;
    }
    if (rule?.fate === "cut-after") {
      to.send(text, cut);
      return;
    }
    to.send(text);
    if (rule?.fate === "twice") {
      to.send(text);
    }
  }
}

function isSayable(code: number): boolean {
  return code === 1000 || (code >= 3000 && code < 5000);
}
