/** The Worker's bindings and the operator's settings, parsed once per distinct environment. */
import * as z from "zod";
import { NAME } from "../shared/ids.ts";
import { type Product, productsSchema } from "../shared/product.ts";
import { type Times, timesSchema } from "../shared/times.ts";
import type { JobQueue } from "./queue/object.ts";
import type { Registry } from "./registry/object.ts";
import type { JobRelay } from "./relay/object.ts";

export interface Env {
  JOB_QUEUE: DurableObjectNamespace<JobQueue>;
  REGISTRY: DurableObjectNamespace<Registry>;
  JOB_RELAY: DurableObjectNamespace<JobRelay>;
  CONNECT_LIMIT: RateLimit;
  ENROLL_LIMIT: RateLimit;
  PROVIDER_ID: string;
  UCLOUD_URL: string;
  /** A JSON string, or the value itself where wrangler was given a TOML/JSON value. */
  PRODUCTS: unknown;
  DATA_JURISDICTION: string;
  TIMES: unknown;
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
  /** Base64 SPKI or PEM, at least one. */
  publicKeys: string[];
  refreshTokens: string[];
  adminTokens: string[];
};

/** The platform's limit for one variable. */
const MAX_PRODUCTS_BYTES = 5 * 1024;

export class SettingsError extends Error {
  override name = "SettingsError";
  /** One sentence per wrong setting; names the setting, never its value. */
  readonly problems: string[];
  constructor(problems: string[]) {
    super("settings");
    this.problems = problems;
  }
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
const PEM = /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g;

/** PEM blocks first (with real or written line ends), the rest is split at white space. */
export function splitKeys(text: string): string[] {
  const unescaped = text.replaceAll("\\n", "\n");
  return [...(unescaped.match(PEM) ?? []), ...words(unescaped.replace(PEM, " "))];
}

/** A setting given as a JSON string or as the value itself; an empty string is not given. */
const json = <S extends z.ZodType>(schema: S, absent: unknown) =>
  z.preprocess((value, context) => {
    if (value === undefined || value === null || value === "") {
      return absent;
    }
    if (typeof value !== "string") {
      return value;
    }
    if (value.length > MAX_PRODUCTS_BYTES) {
      context.addIssue({
        code: "custom",
        message: `has ${value.length} bytes, at most ${MAX_PRODUCTS_BYTES} are possible`,
      });
      return z.NEVER;
    }
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message: "is not JSON" });
      return z.NEVER;
    }
  }, schema);

const oneOrMore = (split: (text: string) => string[]) =>
  z
    .string()
    .default("")
    .transform(split)
    .refine((list) => list.length > 0, "is not set");

const settingsSchema = z
  .object({
    PROVIDER_ID: z.string().regex(NAME, "is not set or not a provider's name"),
    UCLOUD_URL: z.url({ protocol: /^https?$/, error: "is not an http(s) address" }),
    PRODUCTS: json(productsSchema, []),
    DATA_JURISDICTION: z.enum(["eu", "us", "fedramp", "none", ""]).default(""),
    TIMES: json(timesSchema, {}),
    UCLOUD_PUBLIC_KEY: oneOrMore(splitKeys),
    UCLOUD_REFRESH_TOKEN: oneOrMore(words),
    ADMIN_TOKEN: oneOrMore(words),
  })
  .transform(
    (given): Settings => ({
      providerId: given.PROVIDER_ID,
      ucloudUrl: given.UCLOUD_URL.replace(/\/+$/, ""),
      products: given.PRODUCTS,
      jurisdiction:
        given.DATA_JURISDICTION === "" || given.DATA_JURISDICTION === "none" ? null : given.DATA_JURISDICTION,
      times: given.TIMES,
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
    throw new SettingsError(result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`));
  }
  parsed.set(env, result.data);
  return result.data;
}
