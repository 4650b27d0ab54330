/** Whether a runner holds the private half of its key, with real keys. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { expect, test } from "vitest";
import { proofText } from "../../../../shared/proof.ts";
import { verifyEd25519 } from "../../../../worker/queue/proof.ts";

const OF = { nonce: "n", runner: "runner-1", category: "example-compute", instance: "i" };
const TEXT = proofText(OF);
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
// SPKI of Ed25519 is 12 bytes of prefix and the 32 raw ones.
const raw = (key: KeyObject) => key.export({ format: "der", type: "spki" }).subarray(12).toString("base64");
const signature = (text: string, key = privateKey) => sign(null, Buffer.from(text), key).toString("base64");

test("a signature by the runner's key over exactly this text is a proof", async () => {
  expect(await verifyEd25519(raw(publicKey), TEXT, signature(TEXT))).toBe(true);
});

const WRONG: [string, string, string][] = [
  ["by another key", raw(publicKey), signature(TEXT, other.privateKey)],
  ["checked with another key", raw(other.publicKey), signature(TEXT)],
  ["over another text", raw(publicKey), signature(`${TEXT} `)],
  ["that is empty", raw(publicKey), ""],
  ["that is too short", raw(publicKey), "AAAA"],
  ["that is no base64", raw(publicKey), "%%%"],
  ["with a key that is too short", "AAAA", signature(TEXT)],
  ["with a key that is no base64", "%%%", signature(TEXT)],
];

test.each(WRONG)("a signature %s proves nothing", async (_, key, given) => {
  expect(await verifyEd25519(key, TEXT, given)).toBe(false);
});

test.each(Object.keys(OF))("the text that is signed depends on the %s", (part) => {
  expect(proofText({ ...OF, [part]: "x" })).not.toBe(TEXT);
});
