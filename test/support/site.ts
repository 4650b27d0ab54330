/** Everything at once, all of it real but UCloud: gateway, one runner as its own process, Podman. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminClient } from "./admin-client.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { importTestImage, type PodmanService, startPodmanService } from "./podman-service.ts";
import { RunnerProcess } from "./runner-process.ts";
import { REFRESH_TOKEN, SimulatedUcloud } from "./simulated-ucloud/simulated-ucloud.ts";

export const PROVIDER_ID = "ucloud";
export const CATEGORY = "example-compute";
export const ADMIN_TOKEN = "an-administrator";
/** The seed's machine types, and a second category. */
export const PRODUCTS = [
  { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 1, price: 1, description: "One core" },
  { name: "large", category: "example-large", cpu: 1, memoryInGigs: 1, price: 2, description: "Another category" },
];

export type SiteOptions = { times?: Record<string, number>; products?: unknown };

export class Site {
  readonly folder: string;
  readonly ucloud: SimulatedUcloud;
  readonly gateway: GatewayProcess;
  readonly podman: PodmanService;
  readonly admin: AdminClient;
  readonly #runners: RunnerProcess[] = [];

  private constructor(parts: Pick<Site, "folder" | "ucloud" | "gateway" | "podman">) {
    this.folder = parts.folder;
    this.ucloud = parts.ucloud;
    this.gateway = parts.gateway;
    this.podman = parts.podman;
    this.admin = new AdminClient(this.gateway.url, ADMIN_TOKEN);
  }

  /** Without a runner yet. */
  static async start({ times = {}, products = PRODUCTS }: SiteOptions = {}): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), "ucloud-edge-site-"));
    const ucloud = await SimulatedUcloud.start(PROVIDER_ID);
    const [gateway, podman] = await Promise.all([
      GatewayProcess.start(folder, {
        ...{ providerId: PROVIDER_ID, ucloudUrl: ucloud.url, publicKey: ucloud.tokens.publicKey },
        ...{ refreshToken: REFRESH_TOKEN, adminToken: ADMIN_TOKEN, products, times },
      }),
      startPodmanService().then(async (service) => {
        await importTestImage(service);
        return service;
      }),
    ]);
    ucloud.gatewayUrl = gateway.url;
    return new Site({ folder, ucloud, gateway, podman });
  }

  /** Enrolled, not started. */
  async runner(name: string, ...flags: string[]): Promise<RunnerProcess> {
    const runner = new RunnerProcess({
      stateDir: join(this.folder, name),
      podmanSocket: this.podman.socketPath,
      flags: ["--min-free-disk", "0", ...flags],
    });
    this.#runners.push(runner);
    await runner.enroll(this.gateway.url, await this.admin.enrollmentCode(name, [CATEGORY]));
    return runner;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.kill()));
    await this.gateway.kill();
    await this.podman.stop();
    await this.ucloud.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
