/**
 * The proxy of jobs. An address and no name: the rules open exactly that one, and no name service decides which. It is
 * asked without a password, which every job could read.
 */
import { isIPv4 } from "node:net";
import type { WayOut } from "../attempt/way-out.ts";
import { bundleWith, readCertificates } from "../authorities.ts";
import { parseProxy } from "../proxy-settings.ts";
import type { RunnerSettings } from "../settings.ts";

/** `url` is what jobs are told. */
export type JobProxy = { url: string; address: string; port: number };

/** Loopback of the job itself, link-local with the metadata service, multicast: never a proxy. */
const NO_PROXY = /^(0|127|169\.254|22[4-9]|2[3-5]\d)\./;
const DEFAULT_PORTS: Record<string, number> = { "http:": 80, "https:": 443 };

/** Or the sentence that says why not. */
export function parseJobProxy(text: string): JobProxy | string {
  const url = parseProxy(text);
  if (url === null || !isIPv4(url.hostname) || NO_PROXY.test(url.hostname)) {
    return "is not http://ADDRESS:PORT with an IPv4 address that jobs can reach";
  }
  if (url.username !== "" || url.password !== "") {
    return "takes no password: every job could read it";
  }
  const port = url.port === "" ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
  return { url: `${url.protocol}//${url.hostname}:${port}`, address: url.hostname, port };
}

type Asked = Pick<RunnerSettings, "job-proxy" | "job-no-proxy" | "job-ca-file">;

/** @throws UsageError */
export function wayOutOf({ "job-proxy": proxy, "job-no-proxy": noProxy, "job-ca-file": file }: Asked): WayOut {
  const authorities = file === undefined ? null : bundleWith(readCertificates("job-ca-file", file));
  return { proxy: proxy?.url ?? null, noProxy, authorities };
}
