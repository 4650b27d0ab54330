/** The way to a gateway with TLS: through proxies that fail in every way, and with certificates that nobody here knows. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { trustAuthorities } from "../../../../runner/authorities.ts";
import { checkName } from "../../../../runner/doctor/name.ts";
import { checkProxy } from "../../../../runner/doctor/proxy.ts";
import { checkTls, judge } from "../../../../runner/doctor/tls.ts";
import { useProxy } from "../../../../runner/proxy.ts";
import { anExamination } from "../../../support/runner/doctor.ts";
import { aWebServer } from "../../../support/runner/web-server.ts";
import { type Behaviour, ConnectProxy } from "../../../support/way-out/connect-proxy.ts";
import { PrivateAuthority } from "../../../support/way-out/private-authority.ts";

/** A name that only the proxy knows. */
const HIDDEN = "gateway.invalid";
const ISSUER = "Nobody's authority";
const at = (gateway: string) => anExamination({ flags: { gateway } });

let authority: PrivateAuthority;
let proxy: ConnectProxy;
let restore = () => {};

beforeAll(() => {
  authority = new PrivateAuthority();
});
afterAll(() => authority.close());
beforeEach(async () => {
  proxy = await ConnectProxy.start();
});
afterEach(async () => {
  restore();
  restore = () => {};
  await proxy.stop();
});

function throughProxy(url = proxy.url): void {
  restore = useProxy({}, { HTTPS_PROXY: url });
}

/** Until the test has finished. */
function trust(file: string): void {
  const known = tls.getCACertificates("default");
  onTestFinished(() => tls.setDefaultCACertificates(known));
  trustAuthorities(file);
}

async function aSecureGateway(name: string): Promise<number> {
  const server = await aWebServer(() => ({ status: 200, body: "{}" }));
  return authority.front(name, Number(new URL(server.url).port));
}

describe("the proxy", () => {
  test("none is none", async () => {
    expect(await checkProxy(at(`https://${HIDDEN}`))).toEqual([
      { ok: true, found: "none for the gateway", advice: "" },
    ]);
  });

  test("one that opens the way is named without its password, and left at once", async () => {
    proxy.routes.set(`${HIDDEN}:443`, await aSecureGateway(HIDDEN));
    proxy.credentials = "site:secret word";
    throughProxy(proxy.url.replace("//", "//site:secret%20word@"));
    const found = await checkProxy(at(`https://${HIDDEN}`));
    expect(found).toMatchObject([{ ok: true, found: `127.0.0.1:${proxy.port} opens the way to ${HIDDEN}` }]);
    expect(JSON.stringify(found)).not.toContain("secret");
    expect(proxy.asked).toEqual([`${HIDDEN}:443`]);
  });

  test("a name that only the proxy knows is a note", async () => {
    throughProxy();
    expect(await checkName(at(`https://${HIDDEN}`))).toMatchObject([
      { ok: true, found: `nobody here knows ${HIDDEN} (ENOTFOUND)`, advice: expect.stringContaining("proxy") },
    ]);
  });

  test.each<[Behaviour, string, string]>([
    [407, "wants other credentials", "proxy-auth-file"],
    [403, "refuses the way", "ask who runs it"],
    [503, "does not reach the gateway", "cannot get to the gateway"],
  ])("one that answers %s is told apart", async (behaviour, found, advice) => {
    proxy.behaviour = behaviour;
    throughProxy();
    expect(await checkProxy(at(`https://${HIDDEN}`))).toMatchObject([
      { ok: false, found: expect.stringContaining(found), advice: expect.stringContaining(advice) },
    ]);
  });

  test("one that is not there is named with the error", async () => {
    throughProxy("http://127.0.0.1:1");
    expect(await checkProxy(at(`https://${HIDDEN}`))).toMatchObject([
      { ok: false, found: expect.stringContaining("ECONNREFUSED"), advice: expect.stringContaining("HTTPS_PROXY") },
    ]);
  });
});

describe("TLS", () => {
  test("an authority that nobody here knows is told with who it is, on either way", async () => {
    const port = await aSecureGateway("localhost");
    const direct = await checkTls(at(`https://localhost:${port}`));
    expect(direct).toMatchObject([
      { ok: false, found: expect.stringContaining(ISSUER), advice: expect.stringContaining("ca-file") },
    ]);
    proxy.routes.set(`localhost:${port}`, port);
    throughProxy();
    expect(await checkTls(at(`https://localhost:${port}`))).toEqual(direct);
    expect(proxy.asked).toEqual([`localhost:${port}`]);
  });

  test("once it is trusted its certificate is believed", async () => {
    const port = await aSecureGateway("localhost");
    trust(authority.file);
    // It was made for two days.
    expect(await checkTls(at(`https://localhost:${port}`))).toMatchObject([
      { ok: true, found: `issued by ${ISSUER}, good for 1 days` },
    ]);
  });

  test("a certificate for another name is told as such", async () => {
    const port = await aSecureGateway("elsewhere.example.org");
    trust(authority.file);
    expect(await checkTls(at(`https://localhost:${port}`))).toMatchObject([
      {
        ok: false,
        found: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID"),
        advice: expect.stringContaining("name"),
      },
    ]);
  });

  test.each([
    ["CERT_HAS_EXPIRED", "clock is wrong"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "ca-file"],
  ])("%s says what to do", (code, advice) => {
    const certificate = { issuer: { CN: "x" }, valid_to: "Jan  1 00:00:00 2027 GMT" };
    expect(judge(certificate as never, code, 0)).toMatchObject({ ok: false, advice: expect.stringContaining(advice) });
  });

  test.each([
    [15, ""],
    [13, "renews it"],
  ])("a certificate with %d days to go has the advice %j", (days, advice) => {
    const certificate = { issuer: { O: "Some authority" }, valid_to: new Date(days * 86_400_000).toUTCString() };
    expect(judge(certificate as never, null, 0)).toEqual({
      ...{ ok: true, found: `issued by Some authority, good for ${days} days` },
      advice: expect.stringContaining(advice),
    });
  });

  test("what speaks no TLS is told as that", async () => {
    const server = createServer((socket) => socket.end("220 mail.example.org\r\n"));
    onTestFinished(() => void server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    expect(await checkTls(at(`https://127.0.0.1:${port}`))).toMatchObject([
      { ok: false, found: expect.stringContaining("no handshake") },
    ]);
  });

  test("a port where nobody listens is told as the way that is missing", async () => {
    expect(await checkTls(at("https://127.0.0.1:1"))).toMatchObject([
      { ok: false, found: "127.0.0.1:1 cannot be reached (ECONNREFUSED)" },
    ]);
  });

  test("a gateway without TLS is a note", async () => {
    const server = await aWebServer(() => ({ status: 200, body: "{}" }));
    expect(await checkTls(at(server.url))).toMatchObject([{ ok: true, advice: expect.stringContaining("trials") }]);
  });
});
