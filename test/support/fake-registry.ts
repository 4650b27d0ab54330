/**
 * A registry on the loopback that refuses each image in the way its name says: `localhost:PORT/404/app:1` is unknown.
 * `arch` has the image for another processor only, `hang` never answers.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface FakeRegistry {
  /** `localhost:PORT` */
  readonly host: string;
  /** Requests for manifests so far, by repository. */
  readonly asked: Map<string, number>;
  /** The `Authorization` of the last request that had one. */
  lastCredentials(): string | null;
  /** Resolves when a manifest of `repository` is asked for. */
  whenAsked(repository: string): Promise<void>;
  stop(): Promise<void>;
}

const CODES: Readonly<Record<string, string>> = {
  "401": "UNAUTHORIZED",
  "403": "DENIED",
  "404": "MANIFEST_UNKNOWN",
  "429": "TOOMANYREQUESTS",
};

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const asked = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  let credentials: string | null = null;
  const server = createServer((request, response) => {
    credentials = request.headers.authorization ?? credentials;
    const repository = /^\/v2\/(.+)\/manifests\//.exec(request.url ?? "")?.[1];
    if (repository !== undefined) {
      asked.set(repository, (asked.get(repository) ?? 0) + 1);
      waiting.get(repository)?.();
    }
    reply(request, response, repository?.split("/")[0]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    host: `localhost:${port}`,
    asked,
    lastCredentials: () => credentials,
    whenAsked: (repository) => new Promise((resolve) => waiting.set(repository, resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(request: IncomingMessage, response: ServerResponse, kind: string | undefined): void {
  if (kind === undefined) {
    // The first question, about the protocol: clients take from its answer how to log in.
    response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end("{}");
    return;
  }
  if (kind === "hang") {
    return;
  }
  if (kind === "arch") {
    const type = "application/vnd.docker.distribution.manifest.list.v2+json";
    const platform = { architecture: "s390x", os: "linux" };
    const manifest = { mediaType: type, size: 10, digest: `sha256:${"a".repeat(64)}`, platform };
    const list = { schemaVersion: 2, mediaType: type, manifests: [manifest] };
    response.writeHead(200, { "content-type": type }).end(JSON.stringify(list));
    return;
  }
  const status = Number(kind);
  // Podman would wait half a minute before it asks a busy registry again.
  const headers = { "retry-after": "0", "www-authenticate": 'Basic realm="test"' };
  const code = CODES[kind];
  const errors = [{ code, message: `secret words of ${request.headers.host}` }];
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(code === undefined ? "<html>oops</html>" : JSON.stringify({ errors }));
}
