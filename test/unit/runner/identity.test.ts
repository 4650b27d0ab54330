/** The runner's key and name in its state folder. */
import { createPublicKey, verify } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isEnrolled, newKeyPair, readIdentity, signText, writeIdentity } from "../../../runner/identity.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { anIdentity } from "../../support/runner/connection-under-test.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

test("what was written is read again, by its owner alone", () => {
  const folder = aStateFolder();
  expect(isEnrolled(folder)).toBe(false);
  const identity = anIdentity("https://gateway.example");
  writeIdentity(folder, identity);
  expect(isEnrolled(folder)).toBe(true);
  expect(readIdentity(folder)).toEqual(identity);
  expect(statSync(join(folder, "identity.json")).mode & 0o777).toBe(0o600);
});

test("a folder without identity says how to get one", () => {
  expect(() => readIdentity(aStateFolder())).toThrow(UsageError);
  expect(() => readIdentity(aStateFolder())).toThrow(/is not enrolled; see: ucloud-runner enroll/);
});

test.each([
  ["half of it", '{"gateway":"https://x"'],
  ["another shape", '{"privateKey":"secret-value"}'],
  ["no category", JSON.stringify({ ...anIdentity("https://x.example"), categories: [] })],
])("a damaged one (%s) is refused without quoting it", (_, text) => {
  const folder = aStateFolder();
  writeFileSync(join(folder, "identity.json"), text);
  expect(() => readIdentity(folder)).toThrow(UsageError);
  expect(() => readIdentity(folder)).toThrow(/is damaged; enrol again with --replace$/);
});

test("the public half is the raw key of 32 bytes, and belongs to the private half", () => {
  const { privateKey, publicKey } = newKeyPair();
  const raw = Buffer.from(publicKey, "base64");
  expect(raw).toHaveLength(32);
  const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  expect(verify(null, Buffer.from("words"), key, signText(privateKey, "words"))).toBe(true);
  expect(verify(null, Buffer.from("other words"), key, signText(privateKey, "words"))).toBe(false);
});

test("no two runners have the same key", () => {
  expect(newKeyPair().publicKey).not.toBe(newKeyPair().publicKey);
});
