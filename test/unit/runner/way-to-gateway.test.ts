/** Line and enrolment behind a proxy and an authority of the site's own, and what is said when either is in the way. */
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readSettings } from "../../../runner/config.ts";
import { enrollByCode } from "../../../runner/enrollment.ts";
import { useProxy } from "../../../runner/proxy.ts";
import { anIdentity, ConnectionUnderTest } from "../../support/runner/connection-under-test.ts";
import { ScriptedGateway } from "../../support/runner/scripted-gateway.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";
import { ConnectProxy } from "../../support/way-out/connect-proxy.ts";
import { PrivateAuthority } from "../../support/way-out/private-authority.ts";

const GATEWAY = "https://gateway.test:8443";
const SECRET = "user:secret-word";

const known = tls.getCACertificates("default");
let authority: PrivateAuthority;
let gateway: ScriptedGateway;
let proxy: ConnectProxy;
let restore = () => {};
beforeAll(async () => {
  authority = new PrivateAuthority();
});
afterAll(() => {
  authority.close();
  tls.setDefaultCACertificates(known);
});
beforeEach(async () => {
  gateway = await ScriptedGateway.open();
  proxy = await ConnectProxy.start();
  proxy.credentials = SECRET;
  proxy.routes.set("gateway.test:8443", await authority.front("gateway.test", Number(new URL(gateway.url).port)));
  tls.setDefaultCACertificates([readFileSync(authority.file)]);
  restore = useProxy(readSettings(aStateFolder(), {}, {}), { HTTPS_PROXY: `http://${SECRET}@127.0.0.1:${proxy.port}` });
});
afterEach(async () => {
  restore();
  await gateway.close();
  await proxy.stop();
});

function aLine(): ConnectionUnderTest {
  const runner = new ConnectionUnderTest(gateway);
  runner.options.identity = anIdentity(GATEWAY);
  runner.line.dial();
  return runner;
}

function enrolled(): Promise<unknown> {
  return enrollByCode({ gateway: GATEWAY, code: "secret-code", stateDir: aStateFolder(), replace: false });
}

test("both arrive, and nothing is asked for but the tunnel", async () => {
  const runner = aLine();
  await (await gateway.line()).welcome();
  await runner.isWelcomed();
  await expect(enrolled()).rejects.toThrow("the gateway refuses (404)");
  expect(proxy.asked).toEqual(["gateway.test:8443", "gateway.test:8443"]);
  runner.line.close("the end");
});

test.each([
  ["a password that is wrong", () => (proxy.credentials = "user:other"), "ProxyError:407", /wants other credentials/],
  ["a proxy that refuses", () => (proxy.behaviour = 403), "ProxyError:403", /refuses the way to the gateway/],
  [
    "an authority that nobody knows",
    () => tls.setDefaultCACertificates([]),
    expect.stringMatching(/^Error:(UNABLE|SELF|CERT)/),
    /is not trusted here/,
  ],
])("%s is told by status, log and enrolment, and the password by none", async (_, spoil, error, words) => {
  spoil();
  const runner = aLine();
  expect(await runner.redial()).toBeGreaterThan(0);
  const trouble = runner.line.state().trouble ?? "";
  expect(trouble).toMatch(words);
  expect(runner.logged("connection.error")).toMatchObject([{ level: "warn", fields: { error, trouble } }]);
  await expect(enrolled()).rejects.toThrow(`${GATEWAY}/runner/v1/enroll: ${trouble}`);
  expect(JSON.stringify(runner.log)).not.toMatch(/secret|Words that nobody/);
  runner.line.close("the end");
});
