/**
 * What a job with a network is told of the site's way out: the proxy, and authorities to believe. In the variables that
 * programs have agreed on; what the application sets itself stays, whatever the letters are.
 */
import { join } from "node:path";
import type { JobPlan } from "../../shared/plan.ts";
import { writeWhole } from "../own-files.ts";
import { ETC_UCLOUD } from "./etc-ucloud.ts";
import type { JobFolder } from "./job-folder.ts";

export type WayOut = {
  /** Its address. null: there is none. */
  proxy: string | null;
  /** What it is not asked for. */
  noProxy: readonly string[];
  /** In PEM, public ones among them; null: the image's own will do. */
  authorities: string | null;
};

const AUTHORITIES = "authorities.pem";
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const AUTHORITY_VARIABLES = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

type Asking = Pick<JobPlan, "network" | "environment">;

/** Pure. */
export function siteEnvironment({ network, environment }: Asking, wayOut: WayOut | undefined): Record<string, string> {
  if (network === "none" || wayOut === undefined) {
    return {};
  }
  const own = new Set(Object.keys(environment).map((name) => name.toLowerCase()));
  const variables = [...proxyVariables(wayOut), ...authorityVariables(wayOut)];
  return Object.fromEntries(variables.filter(([name]) => !own.has(name.toLowerCase())));
}

function proxyVariables({ proxy, noProxy }: WayOut): [string, string][] {
  if (proxy === null) {
    return [];
  }
  const said = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: [...LOOPBACK, ...noProxy].join(",") };
  return Object.entries(said).flatMap(([name, value]): [string, string][] => [
    [name, value],
    [name.toLowerCase(), value],
  ]);
}

function authorityVariables({ authorities }: WayOut): [string, string][] {
  return authorities === null ? [] : AUTHORITY_VARIABLES.map((name) => [name, join(ETC_UCLOUD, AUTHORITIES)]);
}

/** Beside the other files that the job reads and cannot change. Throws the system's error (with its `code`). */
export async function writeAuthorities({ etc }: JobFolder, plan: Asking, wayOut: WayOut | undefined): Promise<void> {
  if (plan.network !== "none" && wayOut?.authorities) {
    await writeWhole(join(etc, AUTHORITIES), wayOut.authorities);
  }
}
