/** The proxy that jobs are told of, and the authorities that they believe. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { readSettings } from "../../../../runner/config.ts";
import { parseJobProxy, wayOutOf } from "../../../../runner/network/job-proxy.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";
import { PrivateAuthority } from "../../../support/way-out/private-authority.ts";

describe("its address", () => {
  test.each([
    ["http://192.0.2.9:3128", "http://192.0.2.9:3128", 3128],
    ["192.0.2.9:3128/", "http://192.0.2.9:3128", 3128],
    ["http://10.0.0.9", "http://10.0.0.9:80", 80],
    ["https://10.0.0.9", "https://10.0.0.9:443", 443],
  ])("%s", (given, url, port) => {
    expect(parseJobProxy(given)).toEqual({ url, address: new URL(url).hostname, port });
  });

  test.each([
    "http://proxy.example.org:3128",
    "http://[2001:db8::1]:3128",
    "http://127.0.0.1:3128",
    "http://0.0.0.0:3128",
    "http://169.254.169.254",
    "http://224.0.0.1:80",
    "http://255.255.255.255:80",
    "socks5://192.0.2.9:1080",
    "http://192.0.2.9:99999",
    "",
  ])("is not %j", (given) => {
    expect(parseJobProxy(given)).toMatch(/^is not http:\/\/ADDRESS:PORT/);
  });

  test.each(["http://user:word@192.0.2.9:3128", "http://user@192.0.2.9:3128"])("has no password: %s", (given) => {
    expect(parseJobProxy(given)).toBe("takes no password: every job could read it");
  });
});

describe("what jobs are told", () => {
  const authority = new PrivateAuthority();
  afterAll(() => authority.close());
  const wayOut = (flags: Record<string, string>) => wayOutOf(readSettings(aStateFolder(), flags, {}));

  test("is nothing as set up", () => {
    expect(wayOut({})).toEqual({ proxy: null, noProxy: [], authorities: null });
  });

  test("is the proxy, what it is not for, and the site's authorities beside the public ones", () => {
    const { authorities, ...rest } = wayOut({
      ...{ "job-proxy": "192.0.2.9:3128", "job-no-proxy": "a.example, 10.0.0.0/8", "job-ca-file": authority.file },
    });
    expect(rest).toEqual({ proxy: "http://192.0.2.9:3128", noProxy: ["a.example", "10.0.0.0/8"] });
    const certificates = authorities?.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
    expect(certificates).toHaveLength(rootCertificates.length + 1);
  });

  test.each([
    ["that is not there", null, /^job-ca-file: .* cannot be read \(ENOENT\)$/],
    ["without a certificate", "some text", /^job-ca-file: .* is not a file of certificates \(PEM\)$/],
    [
      "with something else in a certificate's place",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      /^job-ca-file: .* is not a file of certificates \(PEM\)$/,
    ],
  ])("is never a file %s", (_, text, words) => {
    const path = join(aStateFolder(), "ca.pem");
    if (text !== null) {
      writeFileSync(path, text);
    }
    expect(() => wayOut({ "job-ca-file": path })).toThrow(words);
  });
});
