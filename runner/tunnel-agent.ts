/**
 * Connections through a site's proxy (CONNECT), as an agent for Node's own requests. Everything up to the end of the
 * handshake with the gateway has one deadline: a proxy may take a connection and never say another word. Node's own
 * support stops counting at the proxy's answer, leaves the connection open after a refusal, and reads NO_PROXY in two
 * ways, one for `fetch` and one for the rest.
 */
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { isIP, isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { codeOf } from "./error-code.ts";

/** Less than who asks would wait: it is to hear who was silent. */
const CONNECT_MS = 10_000;
const SILENT = "ETIMEDOUT";

export type SiteProxy = {
  /** Without credentials. */
  url: URL;
  /** `user:password`; null: none. */
  credentials: string | null;
};

export class ProxyError extends Error {
  override name = "ProxyError";
  /** Host and port. */
  readonly proxy: string;
  /** The status that it answered, or what the system says; `ETIMEDOUT`: it, or who is behind it, was silent. */
  readonly code: string;
  constructor({ host }: URL, code: string) {
    super("no way through the proxy");
    this.proxy = host;
    this.code = code;
  }
}

export class TunnelAgent extends https.Agent {
  readonly proxy: SiteProxy;
  readonly #isTls: boolean;
  readonly #connectMs: number;

  /** `protocol`: of what is asked; the proxy's own may be another. */
  constructor(proxy: SiteProxy, protocol: "http:" | "https:", connectMs = CONNECT_MS) {
    super({ protocol, defaultPort: protocol === "https:" ? 443 : 80, keepAlive: false });
    this.proxy = proxy;
    this.#isTls = protocol === "https:";
    this.#connectMs = connectMs;
  }

  override createConnection(
    { host, port }: https.RequestOptions,
    created: (error: Error | null, stream?: Duplex) => void,
  ): undefined {
    this.#connect(host ?? "localhost", Number(port)).then((stream) => created(null, stream), created);
  }

  async #connect(host: string, port: number): Promise<Duplex> {
    const signal = AbortSignal.timeout(this.#connectMs);
    const tunnel = await this.#tunnel(`${isIPv6(host) ? `[${host}]` : host}:${port}`, signal);
    return this.#isTls ? this.#secure(tunnel, host, signal) : tunnel;
  }

  #tunnel(target: string, signal: AbortSignal): Promise<Duplex> {
    const { url, credentials } = this.proxy;
    const { protocol, port } = url;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const known = credentials === null ? null : `Basic ${Buffer.from(credentials).toString("base64")}`;
    const { request } = protocol === "https:" ? https : http;
    const asked = request({
      ...{ method: "CONNECT", path: target, host, port: port || null, agent: false, signal },
      headers: { host: target, ...(known === null ? {} : { "proxy-authorization": known }) },
      // Otherwise the certificate would have to be that of the header's host.
      servername: isIP(host) === 0 ? host : "",
    });
    return new Promise((resolve, reject) => {
      asked.on("connect", ({ statusCode }, socket) => {
        if (statusCode === 200) {
          resolve(socket);
          return;
        }
        socket.destroy();
        reject(new ProxyError(url, String(statusCode)));
      });
      asked.on("error", (error) => reject(new ProxyError(url, signal.aborted ? SILENT : (codeOf(error) ?? "no code"))));
      asked.end();
    });
  }

  async #secure(tunnel: Duplex, host: string, signal: AbortSignal): Promise<Duplex> {
    const line = tls.connect({ socket: tunnel, host, ...(isIP(host) === 0 ? { servername: host } : {}) });
    try {
      await once(line, "secureConnect", { signal });
      return line;
    } catch (error) {
      line.destroy();
      throw signal.aborted ? new ProxyError(this.proxy.url, SILENT) : error;
    }
  }
}
