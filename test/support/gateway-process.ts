/** The whole gateway on this machine: killed and started again on the same state folder. */
import { access, cp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Child } from "./child.ts";
import { defaultHost, type GatewayHost } from "./gateway-host.ts";

export type GatewaySettings = {
  providerId: string;
  ucloudUrl: string;
  publicKey: string;
  refreshToken: string;
  adminToken: string;
  products: unknown;
  times?: Record<string, number>;
  accounting?: string;
  /** Default: what the environment says. */
  host?: GatewayHost;
};

const PROJECT = new URL("../..", import.meta.url).pathname;
const READY_MS = 60_000;
/** Wrangler asks for news of itself and of the machine's place otherwise. */
const OFFLINE = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
const LOOK_MS = 25;

export class GatewayProcess {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #host: GatewayHost;
  #child: Child | null = null;
  #running = 0;

  private constructor(folder: string, port: number, host: GatewayHost) {
    this.#folder = folder;
    this.#port = port;
    this.#host = host;
    this.url = `http://127.0.0.1:${port}`;
  }

  static start(folder: string, settings: GatewaySettings): Promise<GatewayProcess> {
    return GatewayProcess.startWith(folder, environment(settings), settings.host);
  }

  /** With an env file of exactly these lines and nothing else. */
  static async startWith(
    folder: string,
    lines: Record<string, string>,
    host: GatewayHost = defaultHost(),
  ): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(folder, await freePort(), host);
    const file = Object.entries(lines).map(([name, value]) => `${name}='${value}'\n`);
    await writeFile(join(folder, "gateway.env"), file.join(""), { mode: 0o600 });
    await gateway.start();
    return gateway;
  }

  async start(): Promise<void> {
    await this.#launch(this.#port);
  }

  /** At an address that nobody but the caller knows, where no runner and no UCloud finds it. */
  async startAside(): Promise<string> {
    const port = await freePort();
    await this.#launch(port);
    return `http://127.0.0.1:${port}`;
  }

  async #launch(port: number): Promise<void> {
    this.#running = port;
    const args = this.#host.args({ stateDir: this.stateDir, envFile: join(this.#folder, "gateway.env"), port });
    const env = { ...process.env, ...OFFLINE, NO_COLOR: "1", CI: "true" };
    this.#child = new Child(join(PROJECT, "node_modules/.bin/node"), args, { cwd: PROJECT, env });
    const endMs = Date.now() + READY_MS;
    while (!(await this.#answers())) {
      if (Date.now() > endMs || !this.#child.isRunning) {
        throw new Error(`the gateway did not start: ${this.#child.lines.slice(-20).join("\n")}`);
      }
      await pause(LOOK_MS);
    }
  }

  get stateDir(): string {
    return join(this.#folder, "gateway");
  }

  get lines(): string[] {
    return this.#child?.lines ?? [];
  }

  /** `kill -9`; resolves when its port is free. */
  async kill(): Promise<void> {
    await this.#child?.kill();
    while (await this.#answers()) {
      await pause(LOOK_MS);
    }
  }

  /** Everything is gone. Only while it is killed, here and below. */
  async loseAll(): Promise<void> {
    await rm(this.stateDir, { recursive: true });
  }

  /** What `putBack` puts back. */
  async copyState(): Promise<string> {
    const copy = join(this.#folder, "gateway-copy");
    await rm(copy, { recursive: true, force: true });
    await cp(this.stateDir, copy, { recursive: true });
    return copy;
  }

  async putBack(copy: string): Promise<void> {
    await this.loseAll();
    await cp(copy, this.stateDir, { recursive: true });
  }

  /** The queues are gone, as after a move; who may connect is still known. */
  async loseQueues(): Promise<void> {
    const objects = join(this.stateDir, this.#host.queues);
    await access(objects);
    await rm(objects, { recursive: true });
  }

  freeze(): void {
    this.#child?.freeze();
  }

  thaw(): void {
    this.#child?.thaw();
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#running}/healthz`, { signal: AbortSignal.timeout(1_000) });
      await response.arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }
}

function environment(settings: GatewaySettings): Record<string, string> {
  return {
    PROVIDER_ID: settings.providerId,
    UCLOUD_URL: settings.ucloudUrl,
    PRODUCTS: JSON.stringify(settings.products),
    DATA_JURISDICTION: "none",
    TIMES: JSON.stringify(settings.times ?? {}),
    ACCOUNTING: settings.accounting ?? "",
    UCLOUD_PUBLIC_KEY: settings.publicKey,
    UCLOUD_REFRESH_TOKEN: settings.refreshToken,
    ADMIN_TOKEN: settings.adminToken,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  return address.port;
}
