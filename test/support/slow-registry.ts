/** A registry on the loopback with one image, the tests' own, that comes when the test lets it, and may be replaced. */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buildTestImage } from "./test-image.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

type Blob = { type: string; bytes: Buffer };

export class SlowRegistry {
  readonly #server: Server;
  readonly #blobs = new Map<string, Blob>();
  /** What every tag means. */
  #manifest = "";
  #questions = 0;
  #opened: Promise<void> = Promise.resolve();
  #open = () => {};
  #asked = () => {};

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request.url ?? "").then(
        (blob) => {
          const headers = blob === null ? {} : { "content-type": blob.type, "content-length": blob.bytes.length };
          response.writeHead(blob === null ? 404 : 200, headers);
          response.end(request.method === "HEAD" ? undefined : blob?.bytes);
        },
        () => response.destroy(),
      );
    });
  }

  static async start(): Promise<SlowRegistry> {
    const registry = new SlowRegistry();
    registry.publish(await buildTestImage());
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  /** From now on every tag means an image of this file system; its digest. */
  publish(layer: Buffer): string {
    const config = Buffer.from(
      JSON.stringify({
        ...{ architecture: process.arch === "x64" ? "amd64" : process.arch, os: "linux", config: {} },
        rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
      }),
    );
    const describe = (mediaType: string, bytes: Buffer) => ({
      ...{ mediaType, digest: digestOf(bytes), size: bytes.length },
    });
    const layerType = "application/vnd.oci.image.layer.v1.tar";
    const manifest = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: MANIFEST_TYPE },
        config: describe("application/vnd.oci.image.config.v1+json", config),
        layers: [describe(layerType, layer)],
      }),
    );
    this.#manifest = digestOf(manifest);
    this.#blobs.set(digestOf(layer), { type: layerType, bytes: layer });
    this.#blobs.set(digestOf(config), { type: "application/octet-stream", bytes: config });
    this.#blobs.set(digestOf(manifest), { type: MANIFEST_TYPE, bytes: manifest });
    return this.#manifest;
  }

  /** The image that every tag means now. */
  get digest(): string {
    return this.#manifest;
  }

  /** How often somebody asked what a name means. */
  get questions(): number {
    return this.#questions;
  }

  /** `localhost:PORT` */
  get host(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on images wait for `open`; resolves when one is asked for. */
  hold(): Promise<void> {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    return new Promise((resolve) => {
      this.#asked = resolve;
    });
  }

  open(): void {
    this.#open();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Every repository has the image, under every tag. */
  async #serve(path: string): Promise<Blob | null> {
    if (path === "/v2/") {
      return { type: "application/json", bytes: Buffer.from("{}") };
    }
    const [, kind, name] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    this.#questions += kind === "manifests" ? 1 : 0;
    const digest = kind === "manifests" && !name?.startsWith("sha256:") ? this.#manifest : (name ?? "");
    this.#asked();
    await this.#opened;
    return this.#blobs.get(digest) ?? null;
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
