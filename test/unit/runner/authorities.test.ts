/** Whom the runner believes. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { afterAll, afterEach, expect, test } from "vitest";
import { trustAuthorities } from "../../../runner/authorities.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { PrivateAuthority } from "../../support/way-out/private-authority.ts";

const known = tls.getCACertificates("default");
const authority = new PrivateAuthority();
const print = (pem: string) => new X509Certificate(pem).fingerprint256;
const believed = () => new Set(tls.getCACertificates("default").map(print));
afterEach(() => tls.setDefaultCACertificates(known));
afterAll(() => authority.close());

test("the site's authorities are added to those of Node and of the machine", () => {
  const machine = tls.getCACertificates("system");
  const own = readFileSync(authority.file, "utf8");
  trustAuthorities(authority.file);
  expect(believed()).toEqual(new Set([...known, ...machine, own].map(print)));
});

test("without a file nothing is changed, and one that cannot be used is refused by the setting's name", () => {
  const before = believed();
  trustAuthorities(undefined);
  expect(() => trustAuthorities("/nowhere.pem")).toThrow(
    new UsageError("ca-file: /nowhere.pem cannot be read (ENOENT)"),
  );
  expect(believed()).toEqual(before);
});
