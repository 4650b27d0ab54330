/** Both kinds of tokens that UCloud signs with a provider's one key pair. */
import { exportSPKI, generateKeyPair, jwtVerify, SignJWT } from "jose";

const ISSUER = "cloud.sdu.dk";
const LIFE_S = 600;

export type Claims = Partial<{ iss: string; sub: string; role: string; exp: number }>;

export class Tokens {
  readonly #keys: Awaited<ReturnType<typeof generateKeyPair>>;
  /** Base64 of the public key, as UCloud shows it to its provider. */
  readonly publicKey: string;
  readonly publicPem: string;
  /** Of the providers' tokens that are made from now on. */
  providerLifeS = LIFE_S;
  #issued = 0;
  #oldestTrusted = 0;

  private constructor(keys: Awaited<ReturnType<typeof generateKeyPair>>, pem: string) {
    this.#keys = keys;
    this.publicPem = pem;
    this.publicKey = pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  }

  static async make(): Promise<Tokens> {
    const keys = await generateKeyPair("RS256", { extractable: true });
    return new Tokens(keys, await exportSPKI(keys.publicKey));
  }

  /** UCloud/Core's own, with which it calls the provider. */
  core(claims: Claims = {}): Promise<string> {
    return this.#sign({ iss: ISSUER, sub: "_UCloud", role: "SERVICE", ...claims });
  }

  /** The provider's, for the control API. */
  provider(providerId: string): Promise<string> {
    this.#issued += 1;
    const exp = Math.floor(Date.now() / 1000) + this.providerLifeS;
    return this.#sign({ iss: ISSUER, sub: `#P_${providerId}`, role: "PROVIDER", jti: String(this.#issued), exp });
  }

  /** As after a restart of UCloud with something changed: providers have to ask for new ones. */
  distrustProviders(): void {
    this.#oldestTrusted = this.#issued + 1;
  }

  async isProviders(token: string, providerId: string): Promise<boolean> {
    try {
      const { payload } = await jwtVerify(token, this.#keys.publicKey, { issuer: ISSUER, algorithms: ["RS256"] });
      const isTrusted = Number(payload.jti ?? 0) >= this.#oldestTrusted;
      return isTrusted && payload.sub === `#P_${providerId}` && payload.role === "PROVIDER";
    } catch {
      return false;
    }
  }

  #sign({ exp, ...claims }: Claims & { jti?: string }): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...claims, principalType: "service", aud: ["all:write"] })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setIssuedAt(nowS)
      .setExpirationTime(exp ?? nowS + LIFE_S)
      .sign(this.#keys.privateKey);
  }
}
