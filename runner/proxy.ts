/**
 * The way from here to the gateway: through the site's proxy, where settings or environment name one. Podman's socket is
 * never asked through it.
 */
import { readFileSync, statSync } from "node:fs";
import type { Environment } from "./config.ts";
import { codeOf } from "./error-code.ts";
import { isExempt } from "./no-proxy.ts";
import { parseProxy } from "./proxy-settings.ts";
import type { RunnerSettings } from "./settings.ts";
import { type SiteProxy, TunnelAgent } from "./tunnel-agent.ts";
import { UsageError } from "./usage-error.ts";

type Scheme = "http" | "https";
type Asked = Pick<RunnerSettings, "proxy" | "proxy-auth-file">;
type Ways = { proxies: Record<Scheme, SiteProxy | null>; exempt: string };

const DIRECT: Ways = { proxies: { http: null, https: null }, exempt: "" };
const OTHERS_READ = 0o077;

/** Set once, when the process begins. */
let ways = DIRECT;

/** For everything that is asked of the gateway, until the returned function is called. @throws UsageError */
export function useProxy(settings: Asked, environment: Environment): () => void {
  ways = settings.proxy === undefined ? environmentWays(settings, environment) : settingWays(settings);
  return () => {
    ways = DIRECT;
  };
}

/** What a request or a line to this address is made with. Empty: it is dialled directly. */
export function wayTo({ protocol, hostname, port }: URL): { agent?: TunnelAgent } {
  const scheme = protocol === "https:" || protocol === "wss:" ? "https" : "http";
  const proxy = ways.proxies[scheme];
  const host = hostname.replace(/^\[|\]$/g, "");
  const isDirect = proxy === null || isExempt(ways.exempt, host, Number(port || (scheme === "https" ? 443 : 80)));
  return isDirect ? {} : { agent: new TunnelAgent(proxy, `${scheme}:`) };
}

/** Who names a proxy for the runner alone means it, whatever `NO_PROXY` says. */
function settingWays({ proxy, "proxy-auth-file": file }: Asked): Ways {
  if (proxy === undefined || proxy === "none") {
    requireNoFile(file);
    return DIRECT;
  }
  const used = { url: proxy, credentials: file === undefined ? null : readCredentials(file) };
  return { proxies: { http: used, https: used }, exempt: "" };
}

/** As everywhere, the small letters go before the capitals. */
function environmentWays({ "proxy-auth-file": file }: Asked, environment: Environment): Ways {
  requireNoFile(file);
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY, no_proxy, NO_PROXY } = environment;
  const proxies = {
    https: variableProxy("HTTPS_PROXY", https_proxy || HTTPS_PROXY),
    http: variableProxy("HTTP_PROXY", http_proxy || HTTP_PROXY),
  };
  return { proxies, exempt: no_proxy || NO_PROXY || "" };
}

function requireNoFile(file: string | undefined): void {
  if (file !== undefined) {
    throw new UsageError("proxy-auth-file: belongs to the setting proxy, which is not given");
  }
}

/** In the environment the password stands in the address, percent-encoded. */
function variableProxy(name: string, text: string | undefined): SiteProxy | null {
  if (!text) {
    return null;
  }
  const url = parseProxy(text);
  if (url === null) {
    throw new UsageError(`${name}: this is not the address of an HTTP proxy`);
  }
  const { username, password } = url;
  url.username = "";
  url.password = "";
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { url, credentials: credentials === ":" ? null : credentials };
  } catch {
    throw new UsageError(`${name}: user and password are not percent-encoded`);
  }
}

function readCredentials(path: string): string {
  let text: string;
  try {
    if ((statSync(path).mode & OTHERS_READ) !== 0) {
      throw new UsageError(`proxy-auth-file: others may read ${path}: chmod 600`);
    }
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw error instanceof UsageError
      ? error
      : new UsageError(`proxy-auth-file: ${path} cannot be read (${codeOf(error)})`);
  }
  if (!/^[^:\n]+:[^\n]*$/.test(text)) {
    throw new UsageError(`proxy-auth-file: ${path} is not one line user:password`);
  }
  return text;
}
