import { expect, test } from "vitest";
import type { ContainerOrder } from "../../../../runner/engine/engine.ts";
import { containerSpec, pidsLimit, workingDirectory } from "../../../../runner/engine/podman-spec.ts";
import type { JobPlan } from "../../../../shared/plan.ts";
import { anOrder, aPlan, MEBIBYTE } from "../../../support/engine.ts";

const limits = {
  ...{ nofile: 1_000_000, nproc: Number.POSITIVE_INFINITY, memlockBytes: 8192 },
  ...{ raisesLimits: true, ioWeight: true },
};
const host = { rootless: false, limits };

const spec = (plan: Partial<JobPlan> = {}, order: Partial<ContainerOrder> = {}, machine = host) =>
  containerSpec(anOrder(aPlan(plan), order), machine);

test("the arguments replace entrypoint and command", () => {
  expect(spec({ argv: ["a", "", "b c"] })).toMatchObject({ entrypoint: ["a", "", "b c"], command: [] });
});

test("a job is hardened whatever it asks for", () => {
  expect(spec()).toMatchObject({
    init: true,
    remove: false,
    restart_policy: "no",
    cap_drop: ["all"],
    cap_add: [],
    no_new_privileges: true,
    privileged: false,
    httpproxy: false,
    env_host: false,
    systemd: "false",
    netns: { nsmode: "none" },
    user: "11042:11042",
  });
});

test("the log is a file of the runner's, bounded by Podman", () => {
  expect(spec({}, { logFile: "/jobs/1/output.log", logCapBytes: MEBIBYTE })).toMatchObject({
    log_configuration: { driver: "k8s-file", path: "/jobs/1/output.log", size: MEBIBYTE },
  });
});

test("processor, memory, shared memory and temporary folders follow the product", () => {
  const made = spec({ resources: { cpu: 1.5, memoryBytes: 1000 * MEBIBYTE, gpu: 0 } });
  expect(made).toMatchObject({
    resource_limits: {
      cpu: { period: 100_000, quota: 150_000, shares: 1536 },
      memory: { limit: 1000 * MEBIBYTE, swap: 1000 * MEBIBYTE },
      pids: { limit: 6144 },
      blockIO: { weight: 15 },
    },
    shm_size: 500 * MEBIBYTE,
  });
  expect(JSON.stringify(made.mounts)).toContain(`size=${100 * MEBIBYTE}`);
});

test("a kernel that cannot weigh IO is not asked to", () => {
  const made = spec({}, {}, { ...host, limits: { ...limits, ioWeight: false } });
  expect(JSON.stringify(made.resource_limits)).not.toContain("blockIO");
});

test.each([
  [0.001, 64],
  [0.5, 2048],
  [1, 4096],
  [8, 32_768],
  [128, 32_768],
])("%d cores may have %d processes", (cpu, pids) => {
  expect(pidsLimit(cpu)).toBe(pids);
});

test("limits of a user stay below the machine's and JSON can say them", () => {
  const parsed = JSON.parse(JSON.stringify(spec().r_limits));
  expect(parsed).toEqual([
    { type: "NOFILE", hard: 524_288, soft: 524_288 },
    { type: "NPROC", hard: 4_194_304, soft: 4_194_304 },
    { type: "CORE", hard: 0, soft: 0 },
  ]);
  const small = { ...host, limits: { ...limits, nofile: 20_000, nproc: 4096 } };
  expect(spec({}, {}, small).r_limits).toMatchObject([{ hard: 20_000 }, { hard: 4096 }, { hard: 0 }]);
});

test("a GPU comes by its name and with memory that may be pinned", () => {
  const made = spec({}, { gpuDevices: ["nvidia.com/gpu=0"] });
  expect(made).toMatchObject({ devices: [{ path: "nvidia.com/gpu=0" }] });
  expect(made.r_limits).toContainEqual({
    type: "MEMLOCK",
    hard: Number.MAX_SAFE_INTEGER,
    soft: Number.MAX_SAFE_INTEGER,
  });
});

test.each([
  ["rootless", { rootless: true, limits }],
  ["rootful without the right to raise limits", { rootless: false, limits: { ...limits, raisesLimits: false } }],
])("%s no more memory is pinned than Podman itself may pin", (_name, machine) => {
  const made = spec({}, { gpuDevices: ["nvidia.com/gpu=0"] }, machine);
  expect(made.r_limits).toContainEqual({ type: "MEMLOCK", hard: 8192, soft: 8192 });
});

test("root on a rootful machine gets a user namespace and seven capabilities, rootless it has one already", () => {
  const added = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL"];
  const rootful = spec({ asRoot: true });
  expect(rootful).toMatchObject({
    user: "0:0",
    cap_drop: ["all"],
    cap_add: added,
    no_new_privileges: true,
    userns: { nsmode: "auto" },
    idmappings: { AutoUserNs: true, AutoUserNsOpts: { Size: 65_536 } },
  });
  const rootless = spec({ asRoot: true }, {}, { ...host, rootless: true });
  expect(rootless).toMatchObject({ user: "0:0", cap_add: added });
  expect(rootless).not.toHaveProperty("userns");
});

test("home is /work unless the plan says otherwise; root keeps the image's", () => {
  expect(spec().env).toEqual({ HOME: "/work" });
  expect(spec({ environment: { HOME: "/x", A: "1" } }).env).toEqual({ HOME: "/x", A: "1" });
  expect(spec({ asRoot: true }).env).toEqual({});
});

test("what the site adds to the environment gives way to the plan's", () => {
  const siteEnvironment = { HTTPS_PROXY: "http://192.0.2.9:3128", A: "site" };
  const made = spec({ environment: { A: "plan" } }, { siteEnvironment });
  expect(made.env).toEqual({ HOME: "/work", HTTPS_PROXY: "http://192.0.2.9:3128", A: "plan" });
  expect(spec({ asRoot: true }, { siteEnvironment }).env).toEqual(siteEnvironment);
});

test.each([
  [null, "/work"],
  ["", "/work"],
  ["sub/dir", "/work/sub/dir"],
  ["/data", "/data"],
  ["../etc", "/etc"],
])("the working directory %j is %s", (given, expected) => {
  expect(workingDirectory({ plan: aPlan({ workingDirectory: given }) })).toBe(expected);
});

test.each(["internet", "site"] as const)("the network %s is the job's own, and only one that was made", (network) => {
  expect(() => spec({ network })).toThrow("not_supported");
  expect(spec({ network }, { name: "own", resolvers: ["192.0.2.53"] })).toMatchObject({
    ...{ netns: { nsmode: "bridge" }, networks: { own: { interface_name: "eth0" } } },
    ...{ dns_server: ["192.0.2.53"], dns_search: ["."] },
  });
});

test("the host's name is one that hosts may have", () => {
  expect(spec().hostname).toBe("ucloud-1");
  expect(spec({}, { labels: {}, name: `a_b${"-".repeat(80)}` }).hostname).toBe("a-b");
});

const mount = { source: "/srv/7/data", destination: "/work/data", kind: "folder", identity: "1:2" } as const;

test("a drive is mounted as it is: without its sub-mounts, devices and set-uid programs, never relabelled or given away", () => {
  const drives = { mounts: [{ ...mount, readOnly: false }], groups: [500], umask: "0027" };
  const made = spec({}, { drives });
  expect(made.mounts).toContainEqual({
    ...{ source: "/srv/7/data", destination: "/work/data", type: "bind" },
    options: ["bind", "rw", "nosuid", "nodev", "private"],
  });
  expect(made).toMatchObject({ groups: ["500"], umask: "0027" });
});

test("a drive that is only read is mounted so", () => {
  const made = spec({}, { drives: { mounts: [{ ...mount, readOnly: true }], groups: [], umask: "0007" } });
  expect(JSON.stringify(made.mounts)).toContain('"options":["bind","ro","nosuid","nodev","private"]');
});

test("without drives there is neither a group nor a umask to say", () => {
  expect(spec()).not.toHaveProperty("groups");
  expect(spec({}, { drives: null })).not.toHaveProperty("umask");
});
