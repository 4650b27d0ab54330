/** A public key as tools write it, and as it is kept. */
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { rawPublicKey } from "../../../../worker/runner/public-key.ts";

const { publicKey } = generateKeyPairSync("ed25519");
const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64");
const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
const der = publicKey.export({ type: "spki", format: "der" }).toString("base64");

test.each([
  ["PEM", pem],
  ["PEM with Windows' lines and blanks around", `\n ${pem.replaceAll("\n", "\r\n")} \n`],
  ["base64", der],
  ["base64 in lines", `${der.slice(0, 40)}\n${der.slice(40)}\n`],
])("%s is read", (_, text) => {
  expect(rawPublicKey(text)).toBe(raw);
});

test("two spellings of one key are one key", () => {
  // The last digit before the padding has two bits that mean nothing.
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const other = `${der.slice(0, -2)}${digits[digits.indexOf(der.at(-2) ?? "") + 1]}=`;
  expect(other).not.toBe(der);
  expect(rawPublicKey(other)).toBe(raw);
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
const x25519 = generateKeyPairSync("x25519").publicKey;
test.each([
  ["nothing", ""],
  ["a raw key", raw],
  ["half of it", der.slice(0, 40)],
  ["more than it", `${der}AAAA`],
  ["another armour", pem.replaceAll("PUBLIC", "PRIVATE")],
  ["two of them", pem + pem],
  ["an RSA key", rsa.export({ type: "spki", format: "pem" }).toString()],
  ["a key for another curve", x25519.export({ type: "spki", format: "der" }).toString("base64")],
])("%s is none", (_, text) => {
  expect(rawPublicKey(text)).toBeNull();
});
