/** One process of workerd in its state folder. It ends with this one, however that ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as z from "zod/mini";
import type { GatewaySettings } from "./settings.ts";

const WORKERD = new URL("../../node_modules/workerd/bin/workerd", import.meta.url).pathname;
/** Where the authorities are that the machine trusts, if its administrator has moved them. */
const PASSED_ON = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/** Requests that are being answered end; runners' lines never do by themselves. */
const GRACE_MS = 3_000;

const listenSchema = z.object({ event: z.literal("listen"), socket: z.string(), port: z.number() });

export type Tell = (event: string, fields?: Record<string, string | number>) => void;

export type WorkerdOptions = {
  stateDir: string;
  config: string;
  /** `HOST:PORT`; port 0: any. */
  address: string;
  settings: GatewaySettings;
  tell: Tell;
};

export type Workerd = {
  /** Its port, once it answers; null: it ended before. */
  listening: Promise<number | null>;
  /** In words. */
  exited: Promise<string>;
  stop(): Promise<void>;
};

export function startWorkerd({ stateDir, config, address, settings, tell }: WorkerdOptions): Workerd {
  const args = ["serve", "--control-fd=3", `--socket-addr=http=${address}`, config];
  const [command = WORKERD, ...before] =
    process.platform === "linux" ? ["setpriv", "--pdeathsig", "KILL", WORKERD] : [];
  const child = spawn(command, [...before, ...args], {
    cwd: stateDir,
    env: { ...passedOn(process.env), ...settings },
    // What the Worker says goes straight out: JSON lines already.
    stdio: ["ignore", "inherit", "pipe", "pipe"],
  });
  const exited = ending(child);
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on("line", (line) => tell("workerd.line", { line }));
  }
  return {
    exited,
    listening: Promise.race([portOf(child.stdio[3] as Readable), exited.then(() => null)]),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function passedOn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.flatMap((name) => (name in environment ? [[name, environment[name]]] : [])));
}

async function ending(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, "exit");
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  } catch (error) {
    return error instanceof Error ? error.message : "it could not be started";
  }
}

async function portOf(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const said = listenSchema.safeParse(JSON.parse(line));
    if (said.success && said.data.socket === "http") {
      return said.data.port;
    }
  }
  return new Promise(() => {});
}
