/**
 * HTTP over Podman's unix socket. Every call has a deadline and a bounded answer. A connection serves one call: making
 * one costs microseconds there, and a kept one that the service closes at the wrong moment would turn a start into an
 * unknown one.
 */
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import type * as z from "zod/mini";
import { EngineError } from "./engine.ts";

/** The oldest version of the interface that Podman 5 still answers. */
const BASE_PATH = "/v4.0.0/libpod";
/** Five hundred containers in one list are about 1 MiB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_LINE_CHARS = 256 * 1024;

export type PodmanAnswer = { status: number; header: (name: string) => string | null; body: string };

export type CallOptions = {
  /** null only where something else ends the call. */
  deadlineMs: number | null;
  signal?: AbortSignal;
  json?: unknown;
  /** An archive, instead. */
  tar?: Buffer;
  headers?: OutgoingHttpHeaders;
  /** The rest of the answer is of no interest. */
  firstBytes?: number;
};

type Method = "GET" | "HEAD" | "POST" | "DELETE";

export interface PodmanHttp {
  /** Any status is an answer. Throws `podman_unavailable`, `unknown` if the request may have arrived. */
  call(method: Method, path: string, options: CallOptions): Promise<PodmanAnswer>;
  /** The same for an answer of many lines, each handed on as it comes; the answer's body is the last line. */
  stream(
    method: Method,
    path: string,
    options: CallOptions & { onLine: (line: string) => void },
  ): Promise<PodmanAnswer>;
}

export function createPodmanHttp(socketPath: string): PodmanHttp {
  return {
    call: (method, path, options) =>
      exchange(socketPath, method, path, options, (answer) => readAll(answer, options.firstBytes)),
    stream: (method, path, options) =>
      exchange(socketPath, method, path, options, (answer) => readLines(answer, options.onLine)),
  };
}

/** What Podman answered, checked against the shape that we rely on. */
export function parseAnswer<T>(schema: z.ZodMiniType<T>, answer: PodmanAnswer): T {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (!parsed.success) {
    throw new EngineError({ code: "podman_failed" }, { cause: parsed.error });
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError({ code: "podman_failed" }, { cause: error });
  }
}

async function exchange(
  socketPath: string,
  method: Method,
  path: string,
  options: CallOptions,
  read: (answer: IncomingMessage) => Promise<string>,
): Promise<PodmanAnswer> {
  options.signal?.throwIfAborted();
  const body = options.tar ?? (options.json === undefined ? null : Buffer.from(JSON.stringify(options.json)));
  const type = options.tar === undefined ? "application/json" : "application/x-tar";
  const outgoing = request({
    socketPath,
    path: BASE_PATH + path,
    method,
    agent: false,
    headers: {
      ...(body === null ? {} : { "content-type": type, "content-length": body.length }),
      ...options.headers,
    },
  });
  let connected = false;
  outgoing.on("socket", (socket) => socket.once("connect", () => (connected = true)));
  const stop = limit(outgoing, options);
  try {
    const answer = await answerOf(outgoing, body);
    const text = await read(answer);
    const header = (name: string): string | null => [answer.headers[name] ?? []].flat()[0] ?? null;
    return { status: answer.statusCode ?? 0, header, body: text };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof EngineError
      ? error
      : new EngineError({ code: "podman_unavailable" }, { cause: error, unknown: connected });
  } finally {
    stop();
  }
}

function limit(outgoing: ClientRequest, { deadlineMs, signal }: CallOptions): () => void {
  const cancel = (): void => void outgoing.destroy(new Error("the call was given up"));
  const timer = deadlineMs === null ? null : setTimeout(cancel, deadlineMs);
  signal?.addEventListener("abort", cancel, { once: true });
  return () => {
    if (timer !== null) {
      clearTimeout(timer);
    }
    signal?.removeEventListener("abort", cancel);
    // A socket that broke after its answer was read has nobody left to tell.
    outgoing.on("error", () => {});
  };
}

function answerOf(outgoing: ClientRequest, body: Buffer | null): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body ?? undefined);
  });
}

async function readAll(answer: IncomingMessage, enough = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes >= enough) {
      chunks.push(chunk);
      break;
    }
    if (bytes > MAX_ANSWER_BYTES) {
      answer.destroy();
      throw new EngineError({ code: "podman_failed", detail: "its answer was too long" });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function readLines(answer: IncomingMessage, onLine: (line: string) => void): Promise<string> {
  let open = "";
  let last = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) {
    const lines = `${open}${chunk}`.split("\n");
    open = lines.pop() ?? "";
    if (open.length > MAX_LINE_CHARS) {
      answer.destroy();
      throw new EngineError({ code: "podman_failed", detail: "its answer was too long" });
    }
    for (const line of lines.filter((line) => line.trim() !== "")) {
      last = line;
      onLine(line);
    }
  }
  if (open.trim() !== "") {
    last = open;
    onLine(open);
  }
  return last;
}
