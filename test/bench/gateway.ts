/** The gateway as it is deployed, on bare workerd, with a simulated UCloud beside it; and the floor that it stands on. */
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { AdminClient } from "../support/admin-client.ts";
import { REFRESH_TOKEN, SimulatedUcloud } from "../support/simulated-ucloud/simulated-ucloud.ts";
import { ADMIN_TOKEN, CATEGORY, PROVIDER_ID } from "../support/site.ts";
import { Workerd } from "./workerd.ts";

export const PRODUCTS = [
  { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 1, price: 1, description: "One core" },
];
const OBJECTS = { JOB_QUEUE: "JobQueue", REGISTRY: "Registry", JOB_RELAY: "JobRelay" };

export type GatewayOptions = {
  /** `counted`: with the meter running. */
  entry?: "deployed" | "counted";
  times?: Record<string, number>;
};

export class BenchGateway {
  readonly ucloud: SimulatedUcloud;
  readonly workerd: Workerd;
  readonly admin: AdminClient;
  /** Core's, as it sends it for minutes. */
  readonly token: string;

  private constructor(parts: Pick<BenchGateway, "ucloud" | "workerd" | "token">) {
    this.ucloud = parts.ucloud;
    this.workerd = parts.workerd;
    this.token = parts.token;
    this.admin = new AdminClient(this.url, ADMIN_TOKEN);
    this.ucloud.gatewayUrl = this.url;
  }

  static async start(folder: string, { entry = "deployed", times = {} }: GatewayOptions = {}): Promise<BenchGateway> {
    const ucloud = await SimulatedUcloud.start(PROVIDER_ID);
    const workerd = await Workerd.start(await newFolder(folder, "gateway"), {
      entry: entry === "counted" ? "test/bench/counted/worker.ts" : "worker/index.ts",
      objects: OBJECTS,
      variables: {
        ...{ PROVIDER_ID, UCLOUD_URL: ucloud.url, PRODUCTS: JSON.stringify(PRODUCTS), DATA_JURISDICTION: "none" },
        ...{ TIMES: JSON.stringify(times), ACCOUNTING: "" },
        ...{ UCLOUD_PUBLIC_KEY: ucloud.tokens.publicKey, UCLOUD_REFRESH_TOKEN: REFRESH_TOKEN, ADMIN_TOKEN },
      },
    });
    return new BenchGateway({ ucloud, workerd, token: await ucloud.tokens.core() });
  }

  get url(): string {
    return this.workerd.url;
  }

  async stop(): Promise<void> {
    await this.workerd.kill();
    await this.ucloud.stop();
    const { violations } = this.ucloud.book;
    if (violations.length > 0) {
      throw new Error(`UCloud would not forgive: ${violations.slice(0, 3).join("; ")}`);
    }
  }
}

export async function startFloor(folder: string): Promise<Workerd> {
  const source = { entry: "test/bench/floor/worker.ts", objects: { STORE: "Store" } };
  return Workerd.start(await newFolder(folder, "floor"), source);
}

export async function newFolder(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return mkdtemp(join(folder, `${name}-`));
}
