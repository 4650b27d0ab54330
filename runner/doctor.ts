/** The doctor's checks, in the order in which they depend on each other. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { Command } from "./commands/command.ts";
import { checkDisk } from "./doctor-disk.ts";
import { checkDrives } from "./doctor-drives.ts";
import { doctorEngine } from "./doctor-engine.ts";
import { checkLines } from "./doctor-line.ts";
import { checkNetworks } from "./doctor-network.ts";
import { askGateway } from "./gateway-request.ts";
import { type Identity, isEnrolled, readIdentity } from "./identity.ts";
import { requireOwnWay } from "./job-places.ts";
import { getent, jobUserOf } from "./job-user.ts";
import { parseJobsDir } from "./jobs-dir.ts";
import { machineOf } from "./machine.ts";
import { podmanUser } from "./podman-socket.ts";
import { createRenderer, RendererError } from "./template/render.ts";
import { REAL_TIMERS } from "./timers.ts";
import { UsageError } from "./usage-error.ts";
import { troubleOf } from "./way-trouble.ts";

/** Good with an advice is a note: it works, and could be better. */
export type Finding = { check: string; ok: boolean; found: string; advice: string };

const ASK_MS = 10_000;
/** A token that is dated this wrong is refused at first; the runner then sets itself by the gateway. */
const CLOCK_MS = 60_000;
const CONTROLLERS = "cgroup.controllers";
const NEEDED_CONTROLLERS = ["cpu", "memory", "pids"];
const INIT_PROGRAMS = ["/usr/libexec/podman/catatonit", "/usr/bin/catatonit", "/usr/local/libexec/podman/catatonit"];

const good = (check: string, found: string): Finding => ({ check, ok: true, found, advice: "" });
const bad = (check: string, found: string, advice: string): Finding => ({ check, ok: false, found, advice });

export async function runChecks(command: Command): Promise<Finding[]> {
  const checks = [
    checkEnrolled,
    checkGateway,
    checkLinesOf,
    checkPodman,
    checkInit,
    checkCgroups,
    checkMachine,
    checkUser,
    checkJobsDir,
    checkDisk,
    checkDrives,
    checkNetworks,
    checkTemplates,
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    findings.push(...(await check(command)));
  }
  return findings;
}

async function checkEnrolled({ stateDir }: Command): Promise<Finding[]> {
  const identity = identityOf(stateDir);
  if (typeof identity === "object") {
    return [good("enrolled", identity.runner.name)];
  }
  const advice = isEnrolled(stateDir)
    ? "Ask for a new code (POST /admin/enrollments), then: ucloud-runner enroll --replace"
    : "Ask for a code (POST /admin/enrollments), then: ucloud-runner enroll";
  return [bad("enrolled", identity, advice)];
}

/** Or the sentence that says why there is none. */
function identityOf(stateDir: string): Identity | string {
  if (!isEnrolled(stateDir)) {
    return `nothing in ${stateDir}`;
  }
  try {
    return readIdentity(stateDir);
  } catch (error) {
    if (error instanceof UsageError) {
      return error.message;
    }
    throw error;
  }
}

async function checkGateway({ stateDir }: Command): Promise<Finding[]> {
  const identity = identityOf(stateDir);
  if (typeof identity === "string") {
    return [];
  }
  const { gateway } = identity;
  try {
    const before = Date.now();
    const { status, date } = await askGateway(`${gateway}/healthz`, { timeoutMs: ASK_MS });
    const theirs = Date.parse(date ?? "");
    const offMs = Number.isFinite(theirs) ? Math.abs(theirs - before) : 0;
    return [
      status === 200
        ? good("gateway", `${gateway} answers`)
        : bad("gateway", `${gateway} answers ${status}`, "Its operator finds the reason at /healthz."),
      offMs <= CLOCK_MS
        ? good("clock", "agrees with the gateway's")
        : bad("clock", `${Math.round(offMs / 1000)} s from the gateway's`, "Set up time synchronisation (chrony)."),
    ];
  } catch (error) {
    const advice = "Check the name, the firewall's way out on port 443, the proxy, and TLS.";
    return [bad("gateway", `${gateway}: ${troubleOf(error)}`, advice)];
  }
}

async function checkLinesOf({ stateDir }: Command): Promise<Finding[]> {
  const identity = identityOf(stateDir);
  return typeof identity === "string" ? [] : checkLines(identity);
}

async function checkPodman(command: Command): Promise<Finding[]> {
  const { podmanSocket } = command;
  try {
    const { version, rootless } = await doctorEngine(command).info();
    return [good("podman", `${version}, ${rootless ? "rootless" : "rootful"}, at ${podmanSocket}`)];
  } catch {
    const advice = "systemctl enable --now podman.socket (rootless: systemctl --user), or set podman-socket.";
    return [bad("podman", `no answer at ${podmanSocket}`, advice)];
  }
}

async function checkInit(): Promise<Finding[]> {
  const found = INIT_PROGRAMS.find((path) => existsSync(path));
  return [
    found
      ? good("init", found)
      : bad("init", "catatonit is missing", "Without it no container can be created: apt-get install catatonit"),
  ];
}

/** Without its controllers a job would run without its limits. */
async function checkCgroups({ podmanSocket }: Command): Promise<Finding[]> {
  const uid = podmanUser(podmanSocket);
  const root = "/sys/fs/cgroup";
  const isV2 = existsSync(join(root, CONTROLLERS));
  if (!isV2) {
    return [
      uid === 0 && existsSync(join(root, "memory"))
        ? good("cgroups", "version 1, with the memory controller")
        : bad("cgroups", "version 1", "Jobs' limits would not hold; boot with cgroup v2."),
    ];
  }
  const own = uid === 0 ? root : join(root, `user.slice/user-${uid}.slice/user@${uid}.service`);
  const given = readOrEmpty(join(own, CONTROLLERS)).split(/\s+/);
  const missing = NEEDED_CONTROLLERS.filter((name) => !given.includes(name));
  return [
    missing.length === 0
      ? good("cgroups", `version 2, with ${NEEDED_CONTROLLERS.join(", ")}`)
      : bad(
          "cgroups",
          `${missing.join(", ")} missing for user ${uid}`,
          "Delegate them: Delegate=cpu cpuset io memory pids in a drop-in of user@.service, and loginctl enable-linger.",
        ),
  ];
}

async function checkMachine({ settings }: Command): Promise<Finding[]> {
  return guarded("machine", () => {
    const hardware = { cpus: availableParallelism(), memoryBytes: totalmem(), arch: process.arch };
    const { total } = machineOf(settings, hardware);
    return `${total.cpu} cores, ${(total.memoryBytes / 2 ** 30).toFixed(1)} GiB, ${total.gpu} GPUs for jobs`;
  });
}

async function checkUser({ settings, podmanSocket }: Command): Promise<Finding[]> {
  return guarded("job-user", async () => {
    const { uid, gid } = await jobUserOf(settings["job-user"], podmanUser(podmanSocket) !== 0, getent);
    return `${uid}:${gid}`;
  });
}

/** Looks and makes nothing; a folder that is missing is made at the start. */
async function checkJobsDir({ settings, stateDir }: Command): Promise<Finding[]> {
  return guarded("jobs-dir", async () => {
    const { base, below } = parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs"));
    if (below.length > 0 && existsSync(base)) {
      await requireOwnWay(realpathSync(base));
    }
    return [base, ...below].join("/");
  });
}

/** The renderer lives within limits that a new Node may outgrow: then every job with a template would be sent away. */
async function checkTemplates(): Promise<Finding[]> {
  const models = { cpuModel: "", memoryModel: "", gpuModel: "" };
  const machine = { name: "", category: "", cpu: 1, memoryInGigs: 1, gpu: 0, ...models };
  const ucloud = { jobId: "", nodes: 1, machine, application: { name: "", version: "" } };
  const script = { template: "{{ value }}", workflows: [], values: { value: "a" }, ucloud };
  try {
    const rendered = await createRenderer(REAL_TIMERS)({ script, rank: 0 }, new AbortController().signal);
    if (rendered.is === "script") {
      return [good("templates", "can be rendered")];
    }
  } catch (error) {
    if (!(error instanceof RendererError)) {
      throw error;
    }
  }
  const advice = "The renderer needs /bin/sh, and 768 MiB as limit of data (ulimit -d) that it may set itself.";
  return [bad("templates", "cannot be rendered", advice)];
}

async function guarded(check: string, look: () => string | Promise<string>): Promise<Finding[]> {
  try {
    return [good(check, await look())];
  } catch (error) {
    if (error instanceof Error) {
      return [bad(check, error.message, "Change the setting in the config file.")];
    }
    throw error;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
