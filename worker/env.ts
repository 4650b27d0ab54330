/** The Worker's bindings and the operator's settings, parsed once per distinct environment. */
import * as z from "zod/mini";
import type { Product } from "../shared/product.ts";
import { mapped } from "../shared/schema.ts";
import type { Times } from "../shared/times.ts";
import type { AdminToken } from "./auth/admin-token.ts";
import type { JobQueue } from "./queue/object.ts";
import type { AccountingMode } from "./queue/ports.ts";
import type { Registry } from "./registry/object.ts";
import type { JobRelay } from "./relay/object.ts";
import { secretsSchema } from "./secrets.ts";
import { problemsIn, varsSchema } from "./vars.ts";

export interface Env {
  JOB_QUEUE: DurableObjectNamespace<JobQueue>;
  REGISTRY: DurableObjectNamespace<Registry>;
  JOB_RELAY: DurableObjectNamespace<JobRelay>;
  CONNECT_LIMIT: RateLimit;
  CONNECT_ADDRESS_LIMIT: RateLimit;
  ENROLL_LIMIT: RateLimit;
  PROVIDER_ID: string;
  UCLOUD_URL: string;
  /** A JSON string, or the value itself where wrangler was given a TOML/JSON value. */
  PRODUCTS: unknown;
  DATA_JURISDICTION: string;
  TIMES: unknown;
  ACCOUNTING?: string;
  UCLOUD_PUBLIC_KEY: string;
  UCLOUD_REFRESH_TOKEN: string;
  ADMIN_TOKEN: string;
}

export type Settings = {
  providerId: string;
  /** Without a trailing slash. */
  ucloudUrl: string;
  products: Product[];
  /** null: no jurisdiction. */
  jurisdiction: string | null;
  times: Times;
  /** How UCloud is told of use. */
  accounting: AccountingMode;
  /** Base64 SPKI or PEM, at least one. */
  publicKeys: string[];
  refreshTokens: string[];
  adminTokens: AdminToken[];
};

export class SettingsError extends Error {
  override name = "SettingsError";
  /** One sentence per wrong setting; names the setting, never its value. */
  readonly problems: string[];
  constructor(problems: string[]) {
    super("settings");
    this.problems = problems;
  }
}

const settingsSchema = mapped(
  z.extend(varsSchema, secretsSchema.shape),
  (given): Settings => ({
    providerId: given.PROVIDER_ID,
    ucloudUrl: given.UCLOUD_URL.replace(/\/+$/, ""),
    products: given.PRODUCTS,
    jurisdiction: given.DATA_JURISDICTION === "" || given.DATA_JURISDICTION === "none" ? null : given.DATA_JURISDICTION,
    times: given.TIMES,
    accounting: given.ACCOUNTING === "" ? "usage" : given.ACCOUNTING,
    publicKeys: given.UCLOUD_PUBLIC_KEY,
    refreshTokens: given.UCLOUD_REFRESH_TOKEN,
    adminTokens: given.ADMIN_TOKEN,
  }),
);

const parsed = new WeakMap<Env, Settings>();

/**
 * @throws SettingsError naming every setting that is missing or wrong.
 */
export function settingsOf(env: Env): Settings {
  const known = parsed.get(env);
  if (known) {
    return known;
  }
  const result = settingsSchema.safeParse(env);
  if (!result.success) {
    throw new SettingsError(problemsIn(result.error));
  }
  parsed.set(env, result.data);
  return result.data;
}

/** For whoever must live on with wrong settings. */
export function settingsOrError(env: Env): Settings | SettingsError {
  try {
    return settingsOf(env);
  } catch (error) {
    if (error instanceof SettingsError) {
      return error;
    }
    throw error;
  }
}
