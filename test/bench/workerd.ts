/** A Worker on bare `workerd serve`: no proxy before it that would cap and hide everything. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { build } from "esbuild";
import { CLOCK_SOCKET, OBJECTS_FOLDER, WORKER_FILE } from "../../scripts/gateway/workerd-config.ts";
import { Child } from "../support/child.ts";
import { freePort } from "../support/gateway-process.ts";
import { residentBytes } from "./memory.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const PROGRAM = join(PROJECT, "node_modules/workerd/bin/workerd");
const READY_MS = 30_000;
const LOOK_MS = 2;
/** The unit of /proc: a hundredth of a second. */
const TICK_MS = 10;

export type WorkerSource = {
  entry: string;
  /** Cap'n Proto, with a socket `http`. */
  config: string;
  environment?: Record<string, string>;
};

export class Workerd {
  readonly url: string;
  /** From the process's start to its first answer. */
  startedInMs = 0;
  readonly #folder: string;
  readonly #port: number;
  readonly #environment: Record<string, string>;
  #child: Child | null = null;

  private constructor(folder: string, port: number, environment: Record<string, string>) {
    this.#folder = folder;
    this.#port = port;
    this.#environment = environment;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(folder: string, { entry, config, environment = {} }: WorkerSource): Promise<Workerd> {
    await mkdir(join(folder, OBJECTS_FOLDER), { recursive: true });
    await bundle(entry, join(folder, WORKER_FILE));
    await writeFile(join(folder, "config.capnp"), config);
    const workerd = new Workerd(folder, await freePort(), environment);
    await workerd.start();
    return workerd;
  }

  /** Also again, on what it stored. */
  async start(): Promise<void> {
    await rm(join(this.#folder, CLOCK_SOCKET), { force: true });
    const startMs = performance.now();
    const args = ["serve", `--socket-addr=http=127.0.0.1:${this.#port}`, "config.capnp"];
    this.#child = new Child(PROGRAM, args, { cwd: this.#folder, env: { ...process.env, ...this.#environment } });
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
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  residentBytes(): Promise<number> {
    return residentBytes(this.#child?.pid ?? 0);
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

async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    ...{ entryPoints: [join(PROJECT, entry)], outfile, bundle: true, format: "esm", target: "es2024" },
    ...{ conditions: ["workerd", "worker", "browser"], external: ["cloudflare:*", "node:*"], logLevel: "error" },
  });
}
