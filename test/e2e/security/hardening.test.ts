/** What a job's container must not have or be able to do: one promise a line, looked at from outside and from within. */
import { readlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attempts, dial } from "../../support/attempts-within.ts";
import { anEngine, aPlan, MEBIBYTE } from "../../support/engine.ts";
import { ObservedContainer } from "../../support/observed-container.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";

/** In the environment of the runner's machine, and nowhere in a job. */
const PLANTED = "planted-runner-secret";
const NO_CAPABILITY = "0".repeat(16);
/** CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID. */
const ROOT_CAPABILITIES = "00000000000000fb";
const CAPABILITY_SETS = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
const resources = { cpu: 0.5, memoryBytes: 128 * MEBIBYTE, gpu: 0 };

let service: PodmanService;
let listening: Server;
let job: ObservedContainer;

beforeAll(async () => {
  process.env.UCLOUD_TEST_PLANTED = PLANTED;
  listening = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => listening.listen(0, resolve));
  const address = listening.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  service = await startPodmanService({ subordinateIds: true });
  delete process.env.UCLOUD_TEST_PLANTED;
  await importTestImage(service);
  const engine = anEngine(service.socketPath);
  job = await ObservedContainer.start({ engine, service }, aPlan({ resources, wallMs: 600_000 }), attempts(port));
});
afterAll(async () => {
  listening.close();
  await service.stop();
});

const FAILED = /not permitted|denied|read-only|can't|cannot|unreachable|no such|bad address|refused|timed out/i;

describe("by the kernel's word", () => {
  test.each(CAPABILITY_SETS)("neither the program nor its init process has a capability in %s", (set) => {
    expect([job.status(set), job.status(set, job.initPid)]).toEqual([NO_CAPABILITY, NO_CAPABILITY]);
  });

  test.each([
    ["gains no privileges by what it executes", "NoNewPrivs", "1"],
    ["is filtered in its system calls", "Seccomp", "2"],
    ["is one user", "Uid", "11042\t11042\t11042\t11042"],
    ["is in one group", "Gid", "11042\t11042\t11042\t11042"],
    ["is in no other group", "Groups", "11042"],
  ])("it %s", (_, field, value) => {
    expect([job.status(field), job.status(field, job.initPid)]).toEqual([value, value]);
  });

  test.each(["net", "pid", "mnt", "ipc", "uts"])("its %s namespace is its own", (name) => {
    expect(job.namespace(name)).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
  });

  const bytes = String(resources.memoryBytes);
  test.each([
    ["memory", "memory/memory.limit_in_bytes", "memory.max", [bytes]],
    ["swap", "memory/memory.memsw.limit_in_bytes", "memory.swap.max", [bytes, "0"]],
    ["processes", "pids/pids.max", "pids.max", ["2048"]],
    ["processor time", "cpu/cpu.cfs_quota_us", "cpu.max", ["50000", "50000 100000"]],
  ])("its cgroup bounds %s", (_, v1, v2, allowed) => {
    expect(allowed).toContain(job.cgroup(v1, v2));
  });

  test("it leaves no core, and has a bound of open files and processes", () => {
    expect(job.limit("Max core file size")).toEqual(["0", "0"]);
    for (const name of ["Max open files", "Max processes"]) {
      const [soft, hard] = job.limit(name);
      expect([Number(soft), soft === hard]).toEqual([expect.toSatisfy(Number.isSafeInteger), true]);
    }
  });

  test("of the machine's files it sees its own folder and nothing else", () => {
    const foreign = job
      .mounts()
      .filter(({ type, at }) => !KERNEL_TYPES.has(type) && !/^\/(etc|run|dev)\/|^\/$/.test(at));
    expect(foreign.map(({ at }) => at)).toEqual(["/work"]);
    // The kernel names it from the root of its file system, which need not be the machine's.
    const [root = "nothing"] = foreign.map((one) => one.root);
    expect(root.endsWith(job.workFolder) || job.workFolder.endsWith(root)).toBe(true);
    const made = job.mounts().filter(({ at }) => ["/work", "/tmp", "/run", "/dev/shm"].includes(at));
    expect(made.map(({ at, options }) => [at, ["nosuid", "nodev"].every((one) => options.includes(one))])).toEqual(
      made.map(({ at }) => [at, true]),
    );
    expect(made).toHaveLength(4);
  });

  test("it holds no descriptor but its own output", () => {
    expect(job.descriptors(job.pid).filter((name) => !/^(pipe:|\/dev\/null$)/.test(name))).toEqual([]);
  });

  test.each(["environ", "cmdline"])("nothing of the runner's environment is in its %s", (file) => {
    expect(job.proc(file) + job.proc(file, job.initPid)).not.toContain(PLANTED);
    expect(job.proc(file) + job.proc(file, job.initPid)).not.toMatch(/CONTAINERS_|PODMAN|NODE_|UCLOUD_RUNNER/);
  });
});

/** The kernel's own, and the container's. */
const KERNEL_TYPES = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"]);

describe("by Podman's word", () => {
  test.each<[string, string[], unknown]>([
    ["is not privileged", ["HostConfig", "Privileged"], false],
    ["was given no capability", ["HostConfig", "CapAdd"], []],
    ["has no network", ["HostConfig", "NetworkMode"], "none"],
    ["publishes no port", ["HostConfig", "PortBindings"], {}],
    ["has a process space of its own", ["HostConfig", "PidMode"], "private"],
    ["has no device", ["HostConfig", "Devices"], []],
    ["is not begun again", ["HostConfig", "RestartPolicy", "Name"], "no"],
    ["has no health check", ["Config", "Healthcheck", "Test"], ["NONE"]],
    ["has no terminal", ["Config", "Tty"], false],
    ["is given nothing to read", ["Config", "OpenStdin"], false],
    ["is reaped by an init process", ["HostConfig", "Init"], true],
    ["uses no systemd", ["Config", "SystemdMode"], undefined],
    ["has no volumes of the image's", ["Config", "Volumes"], null],
    ["is not removed before it was looked at", ["HostConfig", "AutoRemove"], false],
  ])("it %s", (_, path, value) => {
    expect(job.inspect(...path)).toEqual(value);
  });
});

describe("by its own attempts", () => {
  test.each([
    ["its user", "ids", "11042\n11042\n11042"],
    ["its own loopback, which works", "loopback", "hi\nreached"],
    ["no program of the node by loopback", "node by loopback", FAILED],
    ["no program of the node by its address", "node by address", FAILED],
    ["no metadata of a cloud", "metadata", FAILED],
    ["no address outside, such as the gateway's", "gateway", FAILED],
    ["no name service", "names", /\b0$/],
    ["one interface and no route", "interfaces", "lo\n0"],
    ["its own processes only", "other processes", /^\d$/],
    ["no making of devices", "a device", FAILED],
    ["no setting of the kernel", "kernel settings", FAILED],
    ["no memory of the kernel", "kernel memory", /\b0$/],
    ["no firmware", "firmware", /^0$/],
    ["no mount", "a mount", FAILED],
    [
      "no power as root of a namespace that it makes",
      "root in a namespace",
      /(not permitted|denied)[\s\S]*(denied|read-only)/i,
    ],
    ["no module", "a module", FAILED],
    ["no other user by a set-uid program", "a set-uid program", /must be suid/],
    ["no socket of the machine", "sockets", /^$/],
    ["no change of its own limits", "cgroup write", FAILED],
    ["no change of the image's programs", "image", FAILED],
  ])("it finds %s", (_, name, expected) => {
    const found = job.found(name);
    expect(found).not.toMatch(/^(mounted|loaded|written)$/m);
    if (typeof expected === "string") {
      expect(found).toBe(expected);
    } else {
      expect(found).toMatch(expected);
    }
  });

  test("it finds the devices that every program needs, and no others", () => {
    const devices = job.found("devices").split("\n");
    const usual = ["console", "core", "fd", "full", "init", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr"];
    const known = new Set([...usual, "stdin", "stdout", "tty", "urandom", "zero"]);
    expect(devices.filter((name) => !known.has(name))).toEqual([]);
  });

  test("it finds variables of the image and the plan only", () => {
    const names = job
      .found("environment")
      .split("\n")
      .map((line) => line.split("=")[0]);
    const allowed = ["PATH", "TERM", "HOME", "HOSTNAME", "PWD", "SHLVL", "container", "OLDPWD"];
    expect(names.filter((name) => !allowed.includes(name ?? ""))).toEqual([]);
  });
});

describe("root in a container", () => {
  test("has seven capabilities, ids of its own, and is nobody on the machine", async () => {
    const engine = anEngine(service.socketPath, { allowRoot: true });
    const plan = aPlan({ asRoot: true, resources, wallMs: 600_000 });
    const root = await ObservedContainer.start({ engine, service }, plan, attempts(9));
    expect(CAPABILITY_SETS.map((set) => root.status(set))).toEqual([
      NO_CAPABILITY,
      ROOT_CAPABILITIES,
      ROOT_CAPABILITIES,
      ROOT_CAPABILITIES,
      NO_CAPABILITY,
    ]);
    expect([root.status("NoNewPrivs"), root.status("Seccomp")]).toEqual(["1", "2"]);
    expect(root.status("Uid")).toBe("2000000\t2000000\t2000000\t2000000");
    expect(root.namespace("user")).not.toBe(readlinkSync("/proc/self/ns/user"));
    const forbidden = ["a device", "kernel settings", "a mount", "a module", "gateway", "metadata"];
    for (const name of [...forbidden, "cgroup write"]) {
      expect([name, root.found(name)]).toEqual([name, expect.stringMatching(FAILED)]);
    }
  });
});

test("two jobs do not meet: neither by loopback nor by signal, memory or name", async () => {
  const engine = anEngine(service.socketPath);
  const listens = await ObservedContainer.start({ engine, service }, aPlan({ resources, wallMs: 600_000 }), {
    listen: "(nc -l -p 5000 >/dev/null &); sleep 0.2; echo mine > /dev/shm/shared; echo up",
  });
  const seeks = await ObservedContainer.start({ engine, service }, aPlan({ resources, wallMs: 600_000 }), {
    loopback: dial("127.0.0.1", 5000),
    signal: `kill -0 ${listens.pid} && echo reached`,
    memory: "ls /dev/shm",
    folders: "ls /work",
  });
  expect(listens.found("listen")).toBe("up");
  expect(seeks.found("loopback")).toMatch(FAILED);
  expect(seeks.found("signal")).toMatch(FAILED);
  expect([seeks.found("memory"), seeks.found("folders")]).toEqual(["", ""]);
  expect(seeks.namespace("net")).not.toBe(listens.namespace("net"));
});
