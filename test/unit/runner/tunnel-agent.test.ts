/** The way through a proxy, to its end or to the first word that says why not; nothing of it is left open. */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TunnelAgent } from "../../../runner/tunnel-agent.ts";
import { troubleOf } from "../../../runner/way-trouble.ts";
import { until } from "../../support/manual-clock.ts";
import { aWebServer } from "../../support/runner/web-server.ts";
import { type Behaviour, ConnectProxy } from "../../support/way-out/connect-proxy.ts";
import { PrivateAuthority } from "../../support/way-out/private-authority.ts";

const NAME = "gateway.test";
const SECRET = "user:pass:word@";

const known = tls.getCACertificates("default");
let authority: PrivateAuthority;
let proxy: ConnectProxy;
beforeAll(() => {
  authority = new PrivateAuthority();
});
afterAll(() => {
  authority.close();
  tls.setDefaultCACertificates(known);
});
beforeEach(async () => {
  tls.setDefaultCACertificates([readFileSync(authority.file)]);
  proxy = await ConnectProxy.start();
  proxy.credentials = SECRET;
});
afterEach(() => proxy.stop());

type Choice = { url?: string; credentials?: string | null; connectMs?: number; name?: string };

/** What `https://gateway.test/path` answers. */
async function ask({ url = proxy.url, credentials = SECRET, connectMs, name = NAME }: Choice = {}): Promise<string> {
  const server = await aWebServer(({ path }) => ({ status: 200, body: `you asked for ${path}` }));
  proxy.routes.set(`${name}:8443`, await authority.front(NAME, Number(new URL(server.url).port)));
  const agent = new TunnelAgent({ url: new URL(url), credentials }, "https:", connectMs);
  return new Promise((resolve, reject) => {
    https
      .get(`https://${name}:8443/path`, { agent }, (response) => text(response).then(resolve, reject))
      .on("error", reject);
  });
}

async function trouble(choice: Choice = {}): Promise<string> {
  const error: unknown = await ask(choice).catch((thrown: unknown) => thrown);
  return troubleOf(error).replaceAll(`127.0.0.1:${proxy.port}`, "PROXY");
}

test("a name that only the proxy knows is asked through it, with a password and TLS to its end", async () => {
  expect(await ask()).toBe("you asked for /path");
  expect(proxy.asked).toEqual(["gateway.test:8443"]);
  await until(() => proxy.held === 0, "the end of the tunnel");
});

test("a gateway without TLS is asked through a tunnel, too", async () => {
  const server = await aWebServer(() => ({ status: 200, body: "in the clear" }));
  proxy.routes.set(`${NAME}:80`, Number(new URL(server.url).port));
  const agent = new TunnelAgent({ url: new URL(proxy.url), credentials: SECRET }, "http:");
  const answered = new Promise<string>((resolve, reject) => {
    http.get(`http://${NAME}/`, { agent }, (response) => text(response).then(resolve, reject)).on("error", reject);
  });
  expect(await answered).toBe("in the clear");
  expect([proxy.asked, server.requests.map(({ path }) => path)]).toEqual([[`${NAME}:80`], ["/"]]);
});

test("a proxy that speaks TLS is asked by its own name", async () => {
  const port = await authority.front("localhost", proxy.port);
  expect(await ask({ url: `https://localhost:${port}` })).toBe("you asked for /path");
  // That name is not in its certificate.
  const said = await trouble({ url: `https://127.0.0.1:${port}` });
  expect(said).toBe(`the proxy 127.0.0.1:${port} has a certificate for another name`);
});

describe("why there is no way is said", () => {
  test.each<[string, Behaviour, string]>([
    ["by a proxy that refuses", 403, "the proxy PROXY refuses the way to the gateway (403)"],
    ["by one that does not get there", 503, "the proxy PROXY does not reach the gateway (503)"],
    ["of one that is silent", "silent", "the proxy PROXY, or the gateway behind it, does not answer"],
    ["of one behind which nobody speaks", "dead tunnel", "the proxy PROXY, or the gateway behind it, does not answer"],
  ])("%s", async (_, behaviour, said) => {
    proxy.behaviour = behaviour;
    expect(await trouble({ connectMs: 200 })).toBe(said);
    expect(proxy.asked).toHaveLength(1);
    await until(() => proxy.held === 0, "the end of the connection");
  });

  test.each([null, "user:wrong"])("for the credentials %j", async (credentials) => {
    expect(await trouble({ credentials })).toBe("the proxy PROXY wants other credentials (407)");
    await until(() => proxy.held === 0, "the end of the connection");
  });

  test("of a proxy that is not there", async () => {
    expect(await trouble({ url: "http://127.0.0.1:1" })).toBe("the proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED)");
    expect(await trouble({ url: "http://proxy.invalid:3128" })).toMatch(
      /^the proxy proxy\.invalid:3128 cannot be reached \((ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  test("of a gateway whose authority nobody here knows", async () => {
    tls.setDefaultCACertificates([]);
    expect(await trouble()).toMatch(
      /^the gateway has a certificate of an authority that is not trusted here \([A-Z_]+\)/,
    );
    await until(() => proxy.held === 0, "the end of the tunnel");
  });

  test("of a gateway with a certificate for another name", async () => {
    expect(await trouble({ name: "other.test" })).toBe("the gateway has a certificate for another name");
  });
});

test("what is open outlives the deadline of its making", async () => {
  const waits = await aWebServer(() => ({ status: 200, body: "late" }));
  proxy.routes.set(`${NAME}:8443`, await authority.front(NAME, Number(new URL(waits.url).port)));
  const agent = new TunnelAgent({ url: new URL(proxy.url), credentials: SECRET }, "https:", 1_000);
  const request = https.request(`https://${NAME}:8443/`, { agent });
  const answered = new Promise<string>((resolve, reject) => {
    request.on("response", (response) => text(response).then(resolve, reject)).on("error", reject);
  });
  const socket = await new Promise((resolve) => request.once("socket", resolve));
  const deadline = AbortSignal.timeout(1_100);
  await until(() => deadline.aborted, "the deadline");
  expect(socket).toMatchObject({ destroyed: false });
  request.end();
  expect(await answered).toBe("late");
});
