/** Who this runner is: what enrolment gave it, and the private key that never leaves this folder. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { readStateFile, writeStateFile } from "./state-file.ts";
import { UsageError } from "./usage-error.ts";

const identitySchema = z.object({
  gateway: z.url(),
  providerId: z.string(),
  runner: z.object({ id: z.string(), name: z.string() }),
  categories: z.array(z.string()).check(z.minLength(1)),
  privateKey: z.string(),
});

export type Identity = z.infer<typeof identitySchema>;

const FILE = "identity.json";

export function isEnrolled(stateDir: string): boolean {
  return readStateFile(join(stateDir, FILE)) !== null;
}

/** @throws UsageError when the folder is not enrolled. */
export function readIdentity(stateDir: string): Identity {
  const text = readStateFile(join(stateDir, FILE));
  if (text === null) {
    throw new UsageError(`${stateDir} is not enrolled; see: ucloud-runner enroll --help`);
  }
  try {
    const identity = identitySchema.parse(JSON.parse(text));
    createPrivateKey(identity.privateKey);
    return identity;
  } catch {
    throw new UsageError(`${join(stateDir, FILE)} is damaged; enrol again with --replace`);
  }
}

/** Readable by the runner's user alone. */
export function writeIdentity(stateDir: string, identity: Identity): void {
  writeStateFile(join(stateDir, FILE), `${JSON.stringify(identity, null, 2)}\n`);
}

export function deleteIdentity(stateDir: string): void {
  rmSync(join(stateDir, FILE), { force: true });
}

/** The private half as PEM, the public half raw in base64. */
export type KeyPair = { privateKey: string; publicKey: string };

export function newKeyPair(): KeyPair {
  return keyPairOf(generateKeyPairSync("ed25519").privateKey);
}

/** Null: this is no Ed25519 key. */
export function keyPairFrom(pem: string): KeyPair | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? keyPairOf(key) : null;
  } catch {
    return null;
  }
}

export function publicHalf(privateKey: string): string {
  return rawKey(createPublicKey(privateKey));
}

function keyPairOf(key: KeyObject): KeyPair {
  const privateKey = key.export({ type: "pkcs8", format: "pem" }).toString();
  return { privateKey, publicKey: publicHalf(privateKey) };
}

/** The raw key in a JWK is base64url. */
function rawKey(key: KeyObject): string {
  const { x } = key.export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url").toString("base64");
}

/** Ed25519, base64. */
export function signText(privateKey: string, text: string): Buffer {
  return sign(null, Buffer.from(text), createPrivateKey(privateKey));
}
