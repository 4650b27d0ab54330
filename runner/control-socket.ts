/**
 * How `status` and `drain` talk to the running process: one JSON line each way on a Unix socket in the state folder, which
 * only the runner's user can open.
 */
import { chmodSync, closeSync, existsSync, openSync, rmSync } from "node:fs";
import { createServer, connect as dial, type Server } from "node:net";
import { join } from "node:path";
import * as z from "zod/mini";
import { plannedSchema } from "./drains.ts";

const NAME = "control.sock";
const TIMEOUT_MS = 5_000;
const MAX_LINE_CHARS = 4 * 1024 * 1024;
/** The kernel's limit for the path of a socket, without its NUL. */
const MAX_PATH_BYTES = 107;

const requestSchema = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("status") }),
  z.object({ ask: z.literal("drain"), plan: z.optional(plannedSchema) }),
  z.object({ ask: z.literal("resume") }),
]);
export type ControlRequest = z.infer<typeof requestSchema>;

/** The state folder's lock is held, so a socket that is there already is a dead process's. */
export function serveControl(
  stateDir: string,
  answer: (request: ControlRequest) => object,
  failed: (error: Error) => void,
): Server {
  const { path, release } = shortPath(stateDir);
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    let text = "";
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("data", (data) => {
      text += data.toString();
      if (text.includes("\n")) {
        const request = requestSchema.safeParse(parse(text));
        socket.end(`${JSON.stringify(request.success ? answer(request.data) : { error: "unknown request" })}\n`);
      } else if (text.length > 1_000) {
        socket.destroy();
      }
    });
  });
  server.on("error", failed);
  server.on("close", release);
  server.listen(path, () => chmodSync(path, 0o600));
  return server;
}

/** In a state folder whose own path is too long the socket is reached through the folder's open descriptor. */
function shortPath(stateDir: string): { path: string; release(): void } {
  const path = join(stateDir, NAME);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) {
    return { path, release: () => {} };
  }
  const folder = openSync(stateDir, "r");
  return { path: `/proc/self/fd/${folder}/${NAME}`, release: () => closeSync(folder) };
}

/** Null: no runner works in this state folder. */
export function askControl(stateDir: string, request: ControlRequest): Promise<unknown> {
  if (!existsSync(stateDir)) {
    return Promise.resolve(null);
  }
  return new Promise((resolve) => {
    const { path, release } = shortPath(stateDir);
    const socket = dial(path);
    let text = "";
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("data", (data) => {
      text += data.toString();
      if (text.length > MAX_LINE_CHARS) {
        socket.destroy();
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      release();
      resolve(parse(text));
    });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
