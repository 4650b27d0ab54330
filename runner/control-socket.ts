/**
 * How `status` and `drain` talk to the running process: one JSON line each way on a Unix socket in the state folder, which
 * only the runner's user can open.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer, connect as dial, type Server } from "node:net";
import { join } from "node:path";
import * as z from "zod";

const NAME = "control.sock";
const TIMEOUT_MS = 5_000;
const MAX_LINE_CHARS = 4 * 1024 * 1024;

const requestSchema = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("status") }),
  z.object({ ask: z.literal("drain") }),
]);
export type ControlRequest = z.infer<typeof requestSchema>;

/** The state folder's lock is held, so a socket that is there already is a dead process's. */
export function serveControl(stateDir: string, answer: (request: ControlRequest) => object): Server {
  const path = join(stateDir, NAME);
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
  server.on("error", () => {});
  server.listen(path, () => chmodSync(path, 0o600));
  return server;
}

/** Null: no runner works in this state folder. */
export function askControl(stateDir: string, request: ControlRequest): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = dial(join(stateDir, NAME));
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
    socket.on("close", () => resolve(parse(text)));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
