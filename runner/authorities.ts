/** Certificates of authorities that a site has of its own: for the runner itself, and for its jobs. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { codeOf } from "./error-code.ts";
import { UsageError } from "./usage-error.ts";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Every TLS connection of this process believes them beside those that Node and the machine know. @throws UsageError */
export function trustAuthorities(file: string | undefined): void {
  if (file === undefined) {
    return;
  }
  if (typeof tls.setDefaultCACertificates !== "function") {
    throw new UsageError("ca-file: needs Node 24.5 or newer");
  }
  const known = [...tls.getCACertificates("default"), ...tls.getCACertificates("system")];
  tls.setDefaultCACertificates([...known, ...readCertificates("ca-file", file)]);
}

/** One text with the site's and the public ones, as Mozilla lists them: most programs take one file instead of their own. */
export function bundleWith(certificates: readonly string[]): string {
  return `${[...certificates, ...tls.rootCertificates].join("\n")}\n`;
}

/** In PEM. @throws UsageError naming the setting. */
export function readCertificates(setting: string, path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${setting}: ${path} cannot be read (${codeOf(error)})`);
  }
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0 || !blocks.every(isCertificate)) {
    throw new UsageError(`${setting}: ${path} is not a file of certificates (PEM)`);
  }
  return blocks;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
