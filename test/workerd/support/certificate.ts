/** The smallest X.509 certificate that carries a public key, written out in DER. */
import { exportSPKI, generateKeyPair } from "jose";

const SEQUENCE = 0x30;
const EXPLICIT_0 = 0xa0;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTC_TIME = 0x17;
/** AlgorithmIdentifier of sha256WithRSAEncryption. */
const ALGORITHM = [SEQUENCE, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0];
const NO_NAME = [SEQUENCE, 0];

export type CertifiedKey = { certificate: string; pem: string; privateKey: CryptoKey };

export async function aCertifiedKey(): Promise<CertifiedKey> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const pem = await exportSPKI(publicKey);
  const key = [...Uint8Array.from(atob(pem.replaceAll(/-----[A-Z ]+-----|\s/g, "")), (char) => char.charCodeAt(0))];
  const version = der(EXPLICIT_0, der(INTEGER, [2]));
  const valid = der(SEQUENCE, [...utcTime("200101000000Z"), ...utcTime("491231235959Z")]);
  const serial = der(INTEGER, [1]);
  const body = der(SEQUENCE, [...version, ...serial, ...ALGORITHM, ...NO_NAME, ...valid, ...NO_NAME, ...key]);
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, Uint8Array.from(body));
  const whole = der(SEQUENCE, [...body, ...ALGORITHM, ...der(BIT_STRING, [0, ...new Uint8Array(signature)])]);
  return { certificate: pemOf("CERTIFICATE", whole), pem, privateKey };
}

function utcTime(text: string): number[] {
  return der(UTC_TIME, [...new TextEncoder().encode(text)]);
}

/** Tag, length (in two bytes where one is too small), content. */
function der(tag: number, content: number[]): number[] {
  const { length } = content;
  return length < 0x80 ? [tag, length, ...content] : [tag, 0x82, length >> 8, length & 0xff, ...content];
}

function pemOf(kind: string, bytes: number[]): string {
  const base64 = btoa(String.fromCharCode(...bytes)).replaceAll(/.{64}/g, "$&\n");
  return `-----BEGIN ${kind}-----\n${base64}\n-----END ${kind}-----`;
}
