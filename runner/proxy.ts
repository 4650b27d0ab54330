/** The way out through a site's proxy, for requests and for the lines alike. Podman's socket is never asked through it. */
import http from "node:http";
import { UsageError } from "./usage-error.ts";

/** `https.globalAgent` and `fetch` go through `HTTPS_PROXY`, except to what `NO_PROXY` names, until the returned function is called. */
export function useProxy(environment: Record<string, string | undefined>): () => void {
  const { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = environment;
  if (!HTTPS_PROXY && !https_proxy) {
    return () => {};
  }
  if (typeof http.setGlobalProxyFromEnv !== "function") {
    throw new UsageError("HTTPS_PROXY: a proxy needs Node 24.14 or newer");
  }
  try {
    return http.setGlobalProxyFromEnv({ HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy });
  } catch {
    throw new UsageError("HTTPS_PROXY: this is not the address of a proxy");
  }
}
