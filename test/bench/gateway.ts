/** The gateway as it is shipped, on bare workerd, with a simulated UCloud beside it; and the floor that it stands on. */
// The Worker brings the operator's page along.
import "../../scripts/page.ts";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { shipped } from "../../scripts/deploy/site-file.ts";
import { OBJECTS_FOLDER, WORKER_FILE, workerdConfig } from "../../scripts/gateway/workerd-config.ts";
import { AdminClient } from "../support/admin-client.ts";
import type { BatchJob } from "../support/batch-job.ts";
import { REFRESH_TOKEN, SimulatedUcloud } from "../support/simulated-ucloud/simulated-ucloud.ts";
import { ADMIN_TOKEN, CATEGORY, PROVIDER_ID } from "../support/site.ts";
import type { Conditions } from "./row.ts";
import { Workerd } from "./workerd.ts";

/** Small, so that two fit on any machine. */
export const PRODUCTS = [
  { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 1, price: 1, description: "One core" },
];

/** Longer than any row takes. */
const TOKEN_LIFE_S = 7_200;

/** `deployed`; `counted`: with the meter running. */
export type Entry = "deployed" | "counted";
const ENTRIES = { deployed: "worker/bare/index.ts", counted: "test/bench/counted/worker.ts" };

export class BenchGateway {
  readonly ucloud: SimulatedUcloud;
  readonly workerd: Workerd;
  readonly admin: AdminClient;
  /** Core's. */
  readonly token: string;

  private constructor(parts: Pick<BenchGateway, "ucloud" | "workerd" | "token">) {
    this.ucloud = parts.ucloud;
    this.workerd = parts.workerd;
    this.token = parts.token;
    this.admin = new AdminClient(this.url, ADMIN_TOKEN);
    this.ucloud.gatewayUrl = this.url;
  }

  static async start(conditions: Conditions, entry: Entry = "deployed"): Promise<BenchGateway> {
    const ucloud = await SimulatedUcloud.start(PROVIDER_ID);
    conditions.atEnd(() => ucloud.stop());
    const environment = {
      ...{ PROVIDER_ID, UCLOUD_URL: ucloud.url, PRODUCTS: JSON.stringify(PRODUCTS), DATA_JURISDICTION: "none" },
      ...{ TIMES: "{}", ACCOUNTING: "", TRUST_FORWARDED: "127.0.0.1" },
      ...{ UCLOUD_PUBLIC_KEY: ucloud.tokens.publicKey, UCLOUD_REFRESH_TOKEN: REFRESH_TOKEN, ADMIN_TOKEN },
    };
    const config = workerdConfig(shipped(), Object.keys(environment));
    const workerd = await startWorkerd(conditions, { entry: ENTRIES[entry], config, environment });
    const exp = Math.floor(Date.now() / 1000) + TOKEN_LIFE_S;
    return new BenchGateway({ ucloud, workerd, token: await ucloud.tokens.core({ exp }) });
  }

  /** UCloud knows these jobs, and will have stored the answer to their create. */
  expect(...jobs: BatchJob[]): void {
    for (const { id, createdAt, product } of jobs) {
      this.ucloud.book.add({ id, createdAt, product, owner: { createdBy: "user", project: null } }).isStored = true;
    }
  }

  get url(): string {
    return this.workerd.url;
  }
}

export function startFloor(conditions: Conditions): Promise<Workerd> {
  return startWorkerd(conditions, { entry: "test/bench/floor/worker.ts", config: FLOOR_CONFIG });
}

async function startWorkerd(conditions: Conditions, source: Parameters<typeof Workerd.start>[1]): Promise<Workerd> {
  const workerd = await Workerd.start(await mkdtemp(join(conditions.memory, "w-")), source);
  conditions.atEnd(() => workerd.kill());
  return workerd;
}

const FLOOR_CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "floor", worker = (
      modules = [(name = "${WORKER_FILE}", esModule = embed "${WORKER_FILE}")],
      compatibilityDate = "2026-10-01",
      bindings = [(name = "STORE", durableObjectNamespace = "Store")],
      durableObjectNamespaces = [(className = "Store", uniqueKey = "floor-Store", enableSql = true)],
      durableObjectStorage = (localDisk = "objects"),
    )),
    (name = "objects", disk = (path = "${OBJECTS_FOLDER}", writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "floor")],
);
`;
