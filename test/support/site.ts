/** Everything at once, all of it real but UCloud: gateway, runners as their own processes, Podman. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminClient } from "./admin-client.ts";
import { aBatchJob, type BatchJob, bulkOf } from "./batch-job.ts";
import type { GatewayHost } from "./gateway-host.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { PodmanGate } from "./podman-gate.ts";
import { importTestImage, type PodmanService, startPodmanService } from "./podman-service.ts";
import { RunnerProcess } from "./runner-process.ts";
import { REFRESH_TOKEN, SimulatedUcloud } from "./simulated-ucloud/simulated-ucloud.ts";
import { SiteJob } from "./site-job.ts";

export const PROVIDER_ID = "ucloud";
export const CATEGORY = "example-compute";
export const OTHER_CATEGORY = "example-large";
export const ADMIN_TOKEN = "an-administrator";
/** Of somebody who may look and change nothing. */
export const READ_TOKEN = "who-looks";
/** The seed's machine types, and a second category. */
export const PRODUCTS = [
  { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 1, price: 1, description: "One core" },
  { name: "large", category: OTHER_CATEGORY, cpu: 1, memoryInGigs: 1, price: 2, description: "Another category" },
];
/** Everything that a test would have to wait for, made short. */
export const SHORT_TIMES = {
  ...{ pingMs: 500, pongMs: 500, leaseMs: 3_000, offerMs: 2_000, startMs: 1_500, holdMs: 2_000 },
  ...{ guardMs: 150, answeredMs: 1_000, retryMaxMs: 300, forgottenMs: 1_000, stopMarginMs: 500 },
};

const TOLD_LINES = 15;

export type SiteOptions = {
  times?: Record<string, number>;
  products?: unknown;
  accounting?: string;
  /** `HOST:PORT` that speaks plain HTTP. */
  insecureRegistry?: string;
  /** Of Podman's service. */
  podmanEnvironment?: Record<string, string>;
  /** Instead of the one that the environment says. */
  host?: GatewayHost;
  /** What stands between the gateway and UCloud: given UCloud's address, the one that the gateway is told. */
  wayToUcloud?: (url: string) => Promise<string>;
};
export type RunnerChoice = {
  flags?: string[];
  categories?: string[];
  /** Instead of Podman's own socket. */
  podmanSocket?: string;
  /** Instead of the gateway's own address. */
  gatewayUrl?: string;
};

export class Site {
  readonly folder: string;
  readonly ucloud: SimulatedUcloud;
  readonly gateway: GatewayProcess;
  readonly podman: PodmanService;
  readonly admin: AdminClient;
  readonly #runners: RunnerProcess[] = [];
  readonly #gates: PodmanGate[] = [];

  private constructor(parts: Pick<Site, "folder" | "ucloud" | "gateway" | "podman">) {
    this.folder = parts.folder;
    this.ucloud = parts.ucloud;
    this.gateway = parts.gateway;
    this.podman = parts.podman;
    this.admin = new AdminClient(this.gateway.url, ADMIN_TOKEN);
  }

  /** Without a runner yet. */
  static async start({
    times = {},
    products = PRODUCTS,
    accounting,
    insecureRegistry,
    podmanEnvironment = {},
    host,
    wayToUcloud = async (url) => url,
  }: SiteOptions = {}): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), "ucloud-edge-site-"));
    const ucloud = await SimulatedUcloud.start(PROVIDER_ID);
    const ucloudUrl = await wayToUcloud(ucloud.url);
    const [gateway, podman] = await Promise.all([
      GatewayProcess.start(folder, {
        ...{ providerId: PROVIDER_ID, ucloudUrl, publicKey: ucloud.tokens.publicKey },
        ...{ refreshToken: REFRESH_TOKEN, adminToken: `${ADMIN_TOKEN} rita:read:${READ_TOKEN}`, products, times },
        ...(accounting === undefined ? {} : { accounting }),
        ...(host === undefined ? {} : { host }),
      }),
      startPodmanService({
        environment: podmanEnvironment,
        ...(insecureRegistry === undefined ? {} : { insecureRegistry }),
      }).then(async (service) => {
        await importTestImage(service);
        return service;
      }),
    ]);
    ucloud.gatewayUrl = gateway.url;
    return new Site({ folder, ucloud, gateway, podman });
  }

  /** A door to Podman, or to what stands before it, that a test can close. */
  async gate(name: string, target: string = this.podman.socketPath): Promise<PodmanGate> {
    const gate = await PodmanGate.start(join(this.folder, `${name}.sock`), target);
    this.#gates.push(gate);
    return gate;
  }

  /** Enrolled, not started. */
  async runner(name: string, choice: RunnerChoice = {}): Promise<RunnerProcess> {
    const runner = this.newRunner(name, choice);
    const gatewayUrl = choice.gatewayUrl ?? this.gateway.url;
    await runner.enroll(gatewayUrl, await this.admin.enrollmentCode(name, choice.categories ?? [CATEGORY]));
    return runner;
  }

  /** A state folder that nobody has enrolled yet. */
  newRunner(name: string, { flags = [], podmanSocket = this.podman.socketPath }: RunnerChoice = {}): RunnerProcess {
    const runner = new RunnerProcess({
      stateDir: join(this.folder, name),
      podmanSocket,
      flags: ["--min-free-disk", "0", ...flags],
    });
    this.#runners.push(runner);
    return runner;
  }

  /** Known to nobody but the test until it is posted. */
  newJob(change: Partial<BatchJob> = {}): SiteJob {
    const jobsDirs = () => this.#runners.map(({ jobsDir }) => jobsDir);
    return new SiteJob(aBatchJob(change), { ucloud: this.ucloud, admin: this.admin, jobsDirs });
  }

  /** Posted by UCloud and accepted. */
  async job(change: Partial<BatchJob> = {}): Promise<SiteJob> {
    const job = this.newJob(change);
    await this.post(job);
    return job;
  }

  async post(...jobs: SiteJob[]): Promise<void> {
    const { status, body } = await this.ucloud.create(bulkOf(...jobs.map(({ request }) => request)));
    if (status !== 200) {
      throw new Error(`the create was answered ${status} ${JSON.stringify(body)}`);
    }
  }

  /** What everybody has to say, for a test that failed. */
  async account(): Promise<string> {
    const unfinished = [...this.ucloud.book.jobs.values()].filter(({ state }) => state !== "SUCCESS");
    const views = await Promise.all(
      unfinished.map(({ id }) => this.admin.get(`/admin/jobs/${id}`).then(({ body }) => body, String)),
    );
    return [
      "UCloud:",
      ...unfinished.map((job) => JSON.stringify(job)),
      "gateway:",
      ...views.map((view) => JSON.stringify(view)),
      ...this.gateway.lines.slice(-TOLD_LINES),
      ...this.#runners.flatMap((runner) => [`${runner.stateDir}:`, ...runner.lines.slice(-TOLD_LINES)]),
    ].join("\n");
  }

  async stop(): Promise<void> {
    this.ucloud.faults.clear();
    await Promise.all(this.#runners.map((runner) => runner.kill()));
    await Promise.all(this.#gates.map((gate) => gate.stop()));
    await this.gateway.kill();
    await this.podman.stop();
    await this.ucloud.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
