/** Which proxy is on the way to the gateway, by settings and environment. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Environment } from "../../../runner/config.ts";
import { readSettings } from "../../../runner/config.ts";
import { useProxy, wayTo } from "../../../runner/proxy.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

const PROXY = "http://proxy.example:3128";
const GATEWAY = "https://gateway.example";

let restore = () => {};
afterEach(() => restore());

function use(given: { proxy?: string; file?: string }, environment: Environment = {}): void {
  const settings = readSettings(aStateFolder(), { proxy: given.proxy, "proxy-auth-file": given.file }, {});
  restore = useProxy(settings, environment);
}

/** Address and credentials; null: it is dialled directly. */
function wayOf(gateway = GATEWAY): (string | null)[] | null {
  const { agent } = wayTo(new URL(gateway));
  return agent === undefined ? null : [agent.proxy.url.origin, agent.proxy.credentials];
}

function aPasswordFile(text: string, mode = 0o600): string {
  const path = join(aStateFolder(), "password");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("of the environment", () => {
  test.each<[string, Environment, string, (string | null)[] | null]>([
    ["capitals", { HTTPS_PROXY: PROXY }, GATEWAY, [PROXY, null]],
    ["small letters", { https_proxy: PROXY }, GATEWAY, [PROXY, null]],
    ["both, the small ones win", { https_proxy: PROXY, HTTPS_PROXY: "http://other.example" }, GATEWAY, [PROXY, null]],
    ["an empty one is none", { https_proxy: "", HTTPS_PROXY: PROXY }, GATEWAY, [PROXY, null]],
    ["no scheme is http", { HTTPS_PROXY: "proxy.example:3128" }, GATEWAY, [PROXY, null]],
    ["one that speaks TLS", { HTTPS_PROXY: "https://proxy.example" }, GATEWAY, ["https://proxy.example", null]],
    ["a password", { HTTPS_PROXY: "http://a%40b:c%3Ad%2F@proxy.example:3128" }, GATEWAY, [PROXY, "a@b:c:d/"]],
    ["a user alone", { HTTPS_PROXY: "http://a@proxy.example:3128" }, GATEWAY, [PROXY, "a:"]],
    ["a line is a request", { HTTPS_PROXY: PROXY }, "wss://gateway.example", [PROXY, null]],
    ["exempt", { HTTPS_PROXY: PROXY, NO_PROXY: ".example" }, GATEWAY, null],
    ["exempt in small letters", { HTTPS_PROXY: PROXY, no_proxy: "a.b, 10.0.0.0/8" }, "https://10.1.2.3:8443", null],
    ["exempt at another port", { HTTPS_PROXY: PROXY, NO_PROXY: "gateway.example:8443" }, GATEWAY, [PROXY, null]],
    ["exempt at its own port", { HTTPS_PROXY: PROXY, NO_PROXY: "gateway.example:443" }, GATEWAY, null],
    ["an address of IPv6", { HTTPS_PROXY: PROXY, NO_PROXY: "::1" }, "wss://[::1]:8443", null],
    ["none for a gateway without TLS", { HTTPS_PROXY: PROXY }, "http://gateway.example", null],
    ["its own for a gateway without TLS", { HTTP_PROXY: PROXY }, "ws://gateway.example", [PROXY, null]],
    ["nothing", {}, GATEWAY, null],
  ])("%s", (_, environment, gateway, way) => {
    use({}, environment);
    expect(wayOf(gateway)).toEqual(way);
  });
});

describe("of the settings", () => {
  const ENVIRONMENT = { HTTPS_PROXY: "http://a:b@other.example", NO_PROXY: "*" };

  test("goes before the environment, for every gateway", () => {
    use({ proxy: PROXY }, ENVIRONMENT);
    expect([wayOf(), wayOf("http://gateway.example")]).toEqual([
      [PROXY, null],
      [PROXY, null],
    ]);
  });

  test("none is none", () => {
    use({ proxy: "none" }, { HTTPS_PROXY: PROXY });
    expect(wayOf()).toBeNull();
  });

  test("takes its password from a file, as it stands there", () => {
    use({ proxy: "proxy.example:3128", file: aPasswordFile("user:pass%41:word \n") });
    expect(wayOf()).toEqual([PROXY, "user:pass%41:word"]);
  });
});

describe("what cannot be used is refused by its name, and quoted nowhere", () => {
  test.each([
    ["HTTPS_PROXY", "http://secret["],
    ["HTTPS_PROXY", "socks5://secret:1080"],
    ["HTTPS_PROXY", "http://u:secret%zz@proxy.example"],
    ["https_proxy", "http://secret["],
    ["HTTP_PROXY", "ftp://secret"],
  ])("%s=%s", (name, value) => {
    const said = refusal(() => use({}, { [name]: value }));
    expect(said.startsWith(`${name.toUpperCase()}: `)).toBe(true);
    expect(said).not.toContain("secret");
  });

  test.each(["http://u:secret@proxy.example", "socks5://secret", "http://secret[", "http://secret@proxy.example"])(
    "the setting %s",
    (proxy) => {
      const said = refusal(() => use({ proxy }));
      expect(said.startsWith("proxy: ")).toBe(true);
      expect(said).not.toContain("secret");
    },
  );

  test.each([
    ["that others may read", () => aPasswordFile("user:secret", 0o640), /others may read/],
    ["that is not there", () => join(aStateFolder(), "missing"), /cannot be read \(ENOENT\)/],
    ["without a user", () => aPasswordFile("secret"), /is not one line user:password/],
    ["of two lines", () => aPasswordFile("user:secret\nuser:secret"), /is not one line user:password/],
  ])("a file %s", (_, file, words) => {
    const said = refusal(() => use({ proxy: PROXY, file: file() }));
    expect(said).toMatch(/^proxy-auth-file: /);
    expect(said).toMatch(words);
    expect(said).not.toContain("secret");
  });

  test.each([undefined, "none"])("a file for the proxy %s", (proxy) => {
    const file = aPasswordFile("user:secret");
    expect(refusal(() => use({ proxy, file }, { HTTPS_PROXY: PROXY }))).toMatch(/^proxy-auth-file: belongs to/);
  });
});

function refusal(act: () => void): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was not refused");
}
