/**
 * A Podman service of the tests' own: own socket, own storage, so that nothing on the machine sees it. Reused by the
 * end-to-end tests and the demo.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { killAll } from "./podman-processes.ts";
import { buildTestImage, TEST_IMAGE } from "./test-image.ts";

const STARTED_WITHIN_MS = 30_000;
const REMOVE_MS = 15_000;

export interface PodmanService {
  readonly socketPath: string;
  /** Temporary, for the caller's files too; gone after `stop`. */
  readonly folder: string;
  /** Ends the service as a crash would; its containers live on. */
  kill(): Promise<void>;
  /** The service neither answers nor ends until it is thawed; connections to it are still taken. */
  freeze(): void;
  thaw(): void;
  /** A new service on the same socket and storage. */
  restart(): Promise<void>;
  /** Ends it with all its containers and deletes its storage. */
  stop(): Promise<void>;
}

export type PodmanServiceOptions = {
  /** `HOST:PORT` that speaks plain HTTP. */
  insecureRegistry?: string;
  /** This service believes that the machine has ids for user namespaces, or has none; not given: as it is. */
  subordinateIds?: boolean;
  /** Of the service, beside the test's own. */
  environment?: Record<string, string>;
};

export async function startPodmanService(options: PodmanServiceOptions = {}): Promise<PodmanService> {
  const folder = await mkdtemp(join(tmpdir(), "ucloud-edge-podman-"));
  await writeFile(join(folder, "containers.conf"), containersConf());
  await writeFile(join(folder, "registries.conf"), registriesConf(options.insecureRegistry));
  const socketPath = join(folder, "podman.sock");
  await writeFile(join(folder, "ids"), options.subordinateIds ? "containers:2000000:1048576\n" : "");
  let service = await launch(folder, socketPath, options);
  const kill = async (): Promise<void> => {
    if (service.exitCode === null && service.signalCode === null) {
      service.kill("SIGKILL");
      await once(service, "exit");
    }
  };
  return {
    socketPath,
    folder,
    kill,
    freeze: () => void service.kill("SIGSTOP"),
    thaw: () => void service.kill("SIGCONT"),
    async restart() {
      await kill();
      service = await launch(folder, socketPath, options);
    },
    async stop() {
      if (service.signalCode !== null || service.exitCode !== null) {
        service = await launch(folder, socketPath, options);
      }
      // A service that hangs must not keep the tests: what it would have ended ends all the same.
      await Promise.race([removeContainers(socketPath).catch(() => {}), pause(REMOVE_MS, undefined, { ref: false })]);
      await kill();
      killAll(folder);
      await deleteStorage(folder);
    },
  };
}

/** The image of test-image.ts under its name, or another one; about 0.2 s. `changes` are lines of a Dockerfile. */
export async function importTestImage(
  { socketPath }: Pick<PodmanService, "socketPath">,
  name: string = TEST_IMAGE,
  changes: readonly string[] = [],
): Promise<void> {
  const query = new URLSearchParams({ reference: name });
  for (const change of changes) {
    query.append("changes", change);
  }
  const answer = await askPodman(socketPath, "POST", `/images/import?${query}`, await buildTestImage());
  if (answer.status !== 200) {
    throw new Error(`importing the test image: Podman answered ${answer.status} ${answer.body}`);
  }
}

/** What the plain machine of a test needs: no systemd, no crun, cgroups as they are. */
function containersConf(): string {
  const engine = [
    existsSync("/run/systemd/system") ? "" : 'cgroup_manager = "cgroupfs"\nevents_logger = "file"',
    existsSync("/sys/fs/cgroup/cgroup.controllers") ? "" : 'runtime = "runc"',
  ];
  // The built-in limits may lie above the machine's own, which Podman then cannot set.
  return ["[containers]", 'default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]', "[engine]", ...engine, ""].join(
    "\n",
  );
}

function registriesConf(insecure: string | undefined): string {
  const registry = insecure === undefined ? "" : `[[registry]]\nlocation = "${insecure}"\ninsecure = true\n`;
  return `unqualified-search-registries = []\n${registry}`;
}

/** In a mount namespace of its own, in which other files stand for the machine's. */
const WITH_IDS = 'mount --bind ids /etc/subuid && mount --bind ids /etc/subgid && exec "$@"';

async function launch(folder: string, socketPath: string, options: PodmanServiceOptions): Promise<ChildProcess> {
  await mkdir(join(folder, "tmp"), { recursive: true });
  await rm(socketPath, { force: true });
  const storage = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp")];
  const networks = ["--network-config-dir", join(folder, "networks")];
  const command = ["podman", ...storage, ...networks, "system", "service", "--time=0", `unix://${socketPath}`];
  const wrap = options.subordinateIds === undefined ? null : ["--mount", "sh", "-c", WITH_IDS, "sh"];
  const service = spawn(
    wrap === null ? "podman" : "unshare",
    [...(wrap ?? []), ...command.slice(wrap === null ? 1 : 0)],
    {
      // conmon leaves notes in the working directory.
      cwd: folder,
      stdio: "ignore",
      env: {
        ...process.env,
        ...options.environment,
        CONTAINERS_CONF: join(folder, "containers.conf"),
        CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
      },
    },
  );
  const failure = new Promise<never>((_, reject) => service.once("error", reject));
  await Promise.race([failure, answers(socketPath)]);
  return service;
}

async function answers(socketPath: string): Promise<void> {
  for (const end = Date.now() + STARTED_WITHIN_MS; Date.now() < end; await pause(20)) {
    const socket = connect(socketPath);
    const open = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) {
      return;
    }
  }
  throw new Error("Podman's service did not start: is podman installed?");
}

async function removeContainers(socketPath: string): Promise<void> {
  const { body } = await askPodman(socketPath, "GET", "/containers/json?all=true");
  const containers: { Id: string }[] = JSON.parse(body);
  for (const { Id } of containers) {
    const path = `/containers/${Id}?force=true&timeout=0&v=true`;
    const answer = await askPodman(socketPath, "DELETE", path);
    // With its supervisor killed by a test, a container goes at the second time.
    await (answer.status === 500 ? askPodman(socketPath, "DELETE", path) : answer);
  }
}

async function deleteStorage(folder: string): Promise<void> {
  // Podman mounts this folder on itself.
  await promisify(execFile)("umount", [join(folder, "root", "overlay")]).catch(() => {});
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

export function askPodman(
  socketPath: string,
  method: string,
  path: string,
  body?: Buffer,
  type = "application/x-tar",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": type, "content-length": body.length };
    const call = request({ socketPath, method, path: `/v4.0.0/libpod${path}`, agent: false, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      answer.on("error", reject);
    });
    call.on("error", reject);
    call.end(body);
  });
}
