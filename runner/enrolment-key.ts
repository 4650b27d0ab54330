/** The key that an enrolment brings to the gateway: drawn here, or a file of configuration management's. */
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type KeyPair, keyPairFrom, newKeyPair } from "./identity.ts";
import { readStateFile, writeStateFile } from "./state-file.ts";
import { UsageError } from "./usage-error.ts";

/** A key that no identity has yet. */
const FILE = "new-key.pem";

/** Kept until the gateway has answered: whoever asks again after a lost answer is known by it, and costs no second use. */
export function drawKey(stateDir: string): KeyPair {
  const kept = readStateFile(join(stateDir, FILE));
  const known = kept === null ? null : keyPairFrom(kept);
  const pair = known ?? newKeyPair();
  if (known === null) {
    writeStateFile(join(stateDir, FILE), pair.privateKey);
  }
  return pair;
}

export function forgetDrawn(stateDir: string): void {
  rmSync(join(stateDir, FILE), { force: true });
}

/** PKCS8 in PEM, as `openssl genpkey -algorithm ed25519` writes it. @throws UsageError */
export function readKeyFile(path: string): KeyPair {
  let pem: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new UsageError(`key: others than its owner may read ${path}; chmod 600 it`);
    }
    pem = readFileSync(path, "utf8");
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`key: ${path} cannot be read`);
  }
  const pair = keyPairFrom(pem);
  if (pair === null) {
    throw new UsageError(`key: ${path} is no private Ed25519 key in PEM`);
  }
  return pair;
}
