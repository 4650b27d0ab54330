/** An authority that no machine knows, and servers whose certificates it has signed. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

export class PrivateAuthority {
  readonly #folder = mkdtempSync(join(tmpdir(), "ucloud-edge-authority-"));
  readonly #servers: Server[] = [];

  constructor() {
    this.#openssl(
      "-x509",
      ...KEY,
      "-keyout",
      this.#path("ca.key"),
      "-out",
      this.file,
      "-subj",
      "/CN=Nobody's authority",
    );
  }

  /** Its own certificate. */
  get file(): string {
    return this.#path("ca.pem");
  }

  /** TLS under this name in front of what speaks without; the port. */
  async front(name: string, port: number): Promise<number> {
    const [key, cert] = [this.#path(`${name}.key`), this.#path(`${name}.pem`)];
    const signer = ["-CA", this.file, "-CAkey", this.#path("ca.key")];
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    this.#openssl("-x509", ...signer, ...KEY, "-keyout", key, "-out", cert, ...subject);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (near) => {
      const far = connect(port, "127.0.0.1");
      near.on("error", () => far.destroy()).pipe(far);
      far.on("error", () => near.destroy()).pipe(near);
    });
    // Who does not believe the certificate hangs up.
    server.on("tlsClientError", () => {});
    this.#servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
    }
    rmSync(this.#folder, { recursive: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", ["req", ...args], { stdio: "ignore" });
  }
}
