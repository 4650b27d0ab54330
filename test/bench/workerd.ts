/** A Worker on bare `workerd serve`: no proxy before it that would cap and hide everything. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { build } from "esbuild";
import { Child } from "../support/child.ts";
import { freePort } from "../support/gateway-process.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const WORKERD = join(PROJECT, "node_modules/workerd/bin/workerd");
const READY_MS = 20_000;
const LOOK_MS = 2;
/** The platform's unit of /proc: a hundredth of a second. */
const TICK_MS = 10;

export type WorkerSource = {
  entry: string;
  /** Class names of its Durable Objects by the names of their bindings. */
  objects: Record<string, string>;
  variables?: Record<string, string>;
};

export class Workerd {
  readonly url: string;
  /** From the process's start to its first answer. */
  startedInMs = 0;
  readonly #folder: string;
  readonly #port: number;
  #child: Child | null = null;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(folder: string, source: WorkerSource): Promise<Workerd> {
    const port = await freePort();
    await mkdir(join(folder, "state"), { recursive: true });
    await bundle(source.entry, join(folder, "worker.js"));
    await writeFile(join(folder, "config.capnp"), configOf(source, port), { mode: 0o600 });
    const workerd = new Workerd(folder, port);
    await workerd.start();
    return workerd;
  }

  /** Also again, on what it stored. */
  async start(): Promise<void> {
    const startMs = performance.now();
    this.#child = new Child(WORKERD, ["serve", "config.capnp"], { cwd: this.#folder, env: process.env });
    while (!(await this.#answers())) {
      if (performance.now() - startMs > READY_MS || !this.#child.isRunning) {
        throw new Error(`workerd did not start: ${this.#child.lines.join("\n")}`);
      }
      await pause(LOOK_MS);
    }
    this.startedInMs = performance.now() - startMs;
  }

  /** Processor time that the process has used. */
  async cpuMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child?.pid}/stat`, "utf8");
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    return (user + system) * TICK_MS;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/healthz`);
      await response.arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }
}

export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    ...{ entryPoints: [join(PROJECT, entry)], outfile, bundle: true, format: "esm", platform: "browser" },
    ...{ target: "esnext", minify: true, conditions: ["workerd"], external: ["cloudflare:*"] },
  });
}

function configOf({ objects, variables = {} }: WorkerSource, port: number): string {
  const namespaces = Object.values(objects).map((name) => {
    return `(className = "${name}", uniqueKey = "${name}", enableSql = true)`;
  });
  const bindings = [
    ...Object.entries(objects).map(([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`),
    ...Object.entries(variables).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "disk", disk = (path = "state", writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-01",
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [${bindings.join(", ")}],
);
`;
}
