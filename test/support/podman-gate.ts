/**
 * A gate between a runner and Podman's service. It lets every call through until a test holds one: before Podman hears
 * of it, or when Podman has done it and the runner does not know yet. Behind it Podman may also seem to be another version.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

/** `POST /v4.0.0/libpod/containers/create {…}`: method, path and body of a call, as one text. */
type Look = RegExp;
type Hold = { look: Look; at: "call" | "answer"; reached: () => void; opened: Promise<void> };

export type Held = {
  /** Resolves when the call has come. */
  reached: Promise<void>;
  /** Lets it go on; a runner that has died or given up does not care. */
  open(): void;
};

export class PodmanGate {
  readonly socketPath: string;
  /** What Podman says that it is; null: the truth. */
  version: string | null = null;
  readonly #target: string;
  readonly #server: Server;
  #holds: Hold[] = [];

  private constructor(socketPath: string, target: string) {
    this.socketPath = socketPath;
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(socketPath: string, target: string): Promise<PodmanGate> {
    const gate = new PodmanGate(socketPath, target);
    await new Promise<void>((resolve) => gate.#server.listen(socketPath, resolve));
    return gate;
  }

  /** Holds the next call that looks like this. */
  hold(look: Look, at: "call" | "answer"): Held {
    let reach = () => {};
    let open = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#holds.push({ look, at, reached: reach, opened });
    return { reached, open };
  }

  /** Who has asked is cut off, also of a call that is held: so does the death of the service behind. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    const hold = this.#take(`${incoming.method} ${incoming.url} ${body}`);
    if (hold?.at === "call") {
      hold.reached();
      await hold.opened;
    }
    if (outgoing.socket?.destroyed ?? true) {
      // Who asked has died or given up.
      return;
    }
    const { method, url: path, headers } = incoming;
    const call = request({ socketPath: this.#target, method, path, headers, agent: false });
    outgoing.on("close", () => call.destroy());
    call.on("error", () => outgoing.destroy());
    call.on("response", (answer) => {
      this.#answer(answer, outgoing, hold).catch(() => outgoing.destroy());
    });
    call.end(body);
  }

  async #answer(answer: IncomingMessage, outgoing: ServerResponse, hold: Hold | null): Promise<void> {
    if (hold?.at === "answer") {
      hold.reached();
      await hold.opened;
    }
    const status = answer.statusCode ?? 500;
    answer.on("error", () => outgoing.destroy());
    if (this.version === null) {
      outgoing.writeHead(status, answer.headers);
      answer.pipe(outgoing);
      return;
    }
    const { "content-length": _, ...headers } = answer.headers;
    outgoing.writeHead(status, { ...headers, "libpod-api-version": this.version });
    // An answer that has the real one in it is `info`, and short.
    const isJson = headers["content-type"] === "application/json";
    for await (const chunk of answer) {
      outgoing.write(isJson ? String(chunk).replace(/"Version":"[^"]*"/, `"Version":"${this.version}"`) : chunk);
    }
    outgoing.end();
  }

  #take(call: string): Hold | null {
    const hold = this.#holds.find(({ look }) => look.test(call)) ?? null;
    this.#holds = this.#holds.filter((other) => other !== hold);
    return hold;
  }
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
