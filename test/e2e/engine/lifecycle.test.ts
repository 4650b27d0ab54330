/** Containers on a real Podman through stops, repeats, and the death of Podman's service and of conmon. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type ContainerOrder, type Engine, EngineError } from "../../../runner/engine/engine.ts";
import { createPodmanHttp } from "../../../runner/engine/podman-http.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { anEngine, aPlan, placeOrder } from "../../support/engine.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";

let service: PodmanService;
let engine: Engine;
const orders: ContainerOrder[] = [];

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service);
  engine = anEngine(service.socketPath);
});

afterEach(async () => {
  await Promise.all(orders.splice(0).map(({ name }) => engine.remove(name)));
});

afterAll(() => service.stop());

async function place(change: Partial<JobPlan>): Promise<ContainerOrder> {
  const order = await placeOrder(engine, service.folder, aPlan(change));
  orders.push(order);
  await engine.create(order);
  return order;
}

async function begin(change: Partial<JobPlan>): Promise<string> {
  const { name } = await place(change);
  await engine.start(name, 20_000);
  return name;
}

const exitCode = (name: string): Promise<number> => engine.wait(name, AbortSignal.timeout(30_000));

async function codeOf(call: Promise<unknown>): Promise<{ code: string; unknown: boolean } | null> {
  const error = await call.then(
    () => null,
    (error: unknown) => error,
  );
  return error instanceof EngineError ? { code: error.failure.code, unknown: error.unknown } : null;
}

/** Podman's own id; the OCI runtime knows no other. */
async function setUp(name: string): Promise<string> {
  const http = createPodmanHttp(service.socketPath);
  await http.call("POST", `/containers/${name}/init`, { deadlineMs: 10_000 });
  const { body } = await http.call("GET", `/containers/${name}/json`, { deadlineMs: 10_000 });
  return JSON.parse(body).Id;
}

/** A service that dies in the middle of a start leaves a program that began, and nobody has noted it. */
test("a container that is set up has not run as long as it waits, and nobody knows any more when it does not", async () => {
  const { name, workFolder } = await place({ argv: ["sh", "-c", "while [ ! -e end ]; do sleep 0.05; done"] });
  expect(await engine.inspect(name)).toMatchObject({ status: "created", startedAtPodman: null });
  const id = await setUp(name);
  expect(await engine.inspect(name)).toMatchObject({ status: "created", startedAtPodman: null });
  execFileSync(existsSync("/usr/bin/runc") ? "runc" : "crun", ["start", id]);
  await expect.poll(() => engine.inspect(name)).toMatchObject({ status: "other", startedAtPodman: null });
  await writeFile(join(workFolder, "end"), "");
  // Podman shows it as it shows one that never began, with the number of its process.
  const podman = createPodmanHttp(service.socketPath);
  const shown = async () =>
    JSON.parse((await podman.call("GET", `/containers/${name}/json`, { deadlineMs: 10_000 })).body);
  await expect.poll(async () => (await shown()).State.Status).toBe("created");
  expect(await engine.inspect(name)).toMatchObject({ status: "other", startedAtPodman: null });
});

test("TERM ends a plain program that knows nothing of signals", async () => {
  const name = await begin({ argv: ["sleep", "100"] });
  await engine.kill(name, "TERM");
  expect(await exitCode(name)).toBe(143);
});

test("KILL ends a program that ignores TERM, and neither is an error afterwards", async () => {
  const name = await begin({ argv: ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"] });
  await engine.kill(name, "TERM");
  expect((await engine.inspect(name))?.status).toBe("running");
  await engine.kill(name, "KILL");
  expect(await exitCode(name)).toBe(137);
  await engine.kill(name, "TERM");
  await engine.kill("ucloud-none", "KILL");
});

test("children whose parent ended are reaped", async () => {
  // The program becomes a `sleep`, which waits for no child, while a look at the process table is under way.
  const script = "(sleep 0.1 &); (sleep 0.5; ps -o stat | grep -c Z) & exec sleep 1";
  const { logFile, name } = await place({ argv: ["sh", "-c", script] });
  await engine.start(name, 20_000);
  await exitCode(name);
  expect(await readFile(logFile, "latin1")).toMatch(/ stdout F 0\n$/);
});

test("creating twice is creating once, but a stranger of that name is refused", async () => {
  const order = await place({});
  await engine.create(order);
  expect((await engine.list()).filter(({ name }) => name === order.name)).toHaveLength(1);
  const stranger = { ...order, labels: { ...order.labels, "dev.ucloud.attempt": "2" } };
  expect(await codeOf(engine.create(stranger))).toEqual({ code: "podman_failed", unknown: false });
});

test("a container is paused and goes on, each once however often it is asked for, and ended ones are left alone", async () => {
  const { name } = await place({ argv: ["sleep", "100"] });
  await engine.start(name, 20_000);
  for (const _time of [1, 2]) {
    await engine.pause(name);
    const paused = await engine.inspect(name);
    expect(paused).toMatchObject({ status: "paused", exitCode: null });
    expect(paused !== null && (await engine.isAlive(paused, null))).toBe(true);
  }
  for (const _time of [1, 2]) {
    await engine.unpause(name);
    expect(await engine.inspect(name)).toMatchObject({ status: "running" });
  }
  await engine.pause(name);
  await engine.kill(name, "TERM");
  await engine.wait(name, AbortSignal.timeout(20_000));
  await engine.pause(name);
  await engine.unpause(name);
  expect(await engine.inspect(name)).toMatchObject({ status: "exited" });
});

test("a work folder that is missing is a failed mount", async () => {
  const order = await placeOrder(engine, service.folder, aPlan());
  expect(await codeOf(engine.create({ ...order, workFolder: join(service.folder, "none") }))).toEqual({
    code: "mount_failed",
    unknown: false,
  });
  expect(await engine.inspect(order.name)).toBeNull();
});

test("a created container has not started, a running one has, and starting it again changes nothing", async () => {
  const { name } = await place({ argv: ["sleep", "100"] });
  expect(await engine.inspect(name)).toMatchObject({
    status: "created",
    startedAtPodman: null,
    exitCode: null,
    pid: 0,
  });
  await engine.start(name, 20_000);
  const running = await engine.inspect(name);
  expect(running).toMatchObject({ status: "running", exitCode: null });
  expect(Math.abs((running?.startedAtPodman ?? 0) - Date.now())).toBeLessThan(30_000);
  await engine.start(name, 20_000);
  expect(await engine.inspect(name)).toEqual(running);
});

test("a container that is not there cannot start, and is removed without error", async () => {
  expect(await codeOf(engine.start("ucloud-none", 20_000))).toEqual({ code: "podman_failed", unknown: false });
  await engine.remove("ucloud-none");
  expect(await engine.inspect("ucloud-none")).toBeNull();
});

test("a running container is removed", async () => {
  const name = await begin({ argv: ["sleep", "100"] });
  await engine.remove(name);
  expect(await engine.inspect(name)).toBeNull();
});

test("a wait ends with its signal and leaves the container", async () => {
  const name = await begin({ argv: ["sleep", "100"] });
  const giveUp = new AbortController();
  const waiting = engine.wait(name, giveUp.signal);
  giveUp.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect((await engine.inspect(name))?.status).toBe("running");
});

test("a container outlives Podman's service; a new service is told from the old one", async () => {
  const name = await begin({ argv: ["sleep", "100"] });
  const before = await engine.info();
  const waiting = codeOf(exitCode(name));
  // The wait has been asked before Podman is killed: an answer came from the same service since.
  await engine.inspect(name);
  await service.kill();
  expect(await waiting).toMatchObject({ code: "podman_unavailable" });
  expect(await codeOf(engine.info())).toEqual({ code: "podman_unavailable", unknown: false });
  expect(await codeOf(engine.start(name, 1000))).toEqual({ code: "podman_unavailable", unknown: false });
  await service.restart();
  const facts = await engine.inspect(name);
  expect(facts?.status).toBe("running");
  expect(facts !== null && (await engine.isAlive(facts, null))).toBe(true);
  expect((await engine.info()).serviceStartedAt).not.toBe(before.serviceStartedAt);
});

test("a start that Podman never answered is unknown", async () => {
  const { name } = await place({ argv: ["sleep", "100"] });
  service.freeze();
  const answer = await codeOf(engine.start(name, 200));
  service.thaw();
  expect(answer).toEqual({ code: "podman_unavailable", unknown: true });
});

test("a running container whose process and supervisor were killed is not alive, and can be removed", async () => {
  const name = await begin({ argv: ["sleep", "100"] });
  const facts = await engine.inspect(name);
  if (facts === null) {
    throw new Error("the container is gone");
  }
  expect(await engine.isAlive(facts, null)).toBe(true);
  const parent = Number(/\) \S (\d+)/.exec(await readFile(`/proc/${facts.pid}/stat`, "utf8"))?.[1]);
  process.kill(parent, "SIGKILL");
  process.kill(facts.pid, "SIGKILL");
  await expect.poll(() => engine.isAlive(facts, null)).toBe(false);
  await engine.remove(name);
  expect(await engine.inspect(name)).toBeNull();
});

test("the machine and its Podman are told", async () => {
  const info = await engine.info();
  expect(info.version).toMatch(/^\d+\.\d+/);
  expect(["amd64", "arm64"]).toContain(info.arch);
  expect(info.graphRoot).toBe(join(service.folder, "root"));
});
