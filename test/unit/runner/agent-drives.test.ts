/** Jobs with files of drives on a node: who is admitted, what the engine is asked for, and when a start is refused. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { Drives } from "../../../runner/drives/drives.ts";
import type { Drive } from "../../../runner/settings.ts";
import { folderName, refName } from "../../../shared/ids.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";
import { aMount } from "../../support/plan.ts";

let node: NodeUnderTest;
afterEach(async () => {
  vi.restoreAllMocks();
  await node.end();
  rmSync(`${node.stateDir}-drives`, { recursive: true, force: true });
});

const folder = (name: string) => join(`${node.stateDir}-drives`, name);

/** Drive 7 has a folder `data`. */
async function aNodeWithDrive(rules: Partial<Drive> = {}, prepare: (node: NodeUnderTest) => void = () => {}) {
  node = await aNode((one) => {
    node = one;
    mkdirSync(folder("7/data"), { recursive: true });
    one.drives = { "12": { folder: folder("7"), readOnly: false, umask: "0007", ...rules } };
    prepare(one);
  });
}

const withDrive = (given = {}) => aPlan({ mounts: [aMount()], ...given });
const work = () => join(node.stateDir, "jobs", folderName(aRef()), "work");
const order = () => node.container()?.order.drives;

async function accepted(plan = withDrive()): Promise<void> {
  node.offer(aRef(), plan);
  await until(() => node.link.frames("accept").length > 0, "an acceptance");
  await until(() => node.container() !== undefined, "a container");
}

async function refusal(plan = withDrive()) {
  node.offer(aRef(), plan);
  await until(() => node.link.frames("refuse").length > 0, "a refusal");
  return node.link.frames("refuse")[0]?.failure;
}

test("the gateway is told of the drives, and of one that appears at the next look", async () => {
  await aNodeWithDrive({}, (one) => {
    one.drives = { "*": { folder: folder(""), readOnly: false, umask: "0007", workspaces: ["user:alice"] } };
  });
  const seven = { id: "7", workspaces: ["user:alice"] };
  expect(node.agent.describe("example-compute").capacity.drives).toEqual([seven]);
  mkdirSync(folder("8"));
  await node.clock.advance(30_000);
  await until(() => node.link.frames("capacity").length > 0, "a report");
  expect(node.link.frames("capacity").at(-1)?.capacity.drives).toEqual([seven, { ...seven, id: "8" }]);
});

test("a node without drives says nothing of them", async () => {
  node = await aNode();
  expect(node.agent.describe("example-compute").capacity).not.toHaveProperty("drives");
});

test("a drive that is not served refuses the job, as the machine's fault", async () => {
  await aNodeWithDrive();
  expect(await refusal(withDrive({ mounts: [aMount({ drive: "8" })] }))).toMatchObject({ code: "drive_unavailable" });
});

test("a drive of other workspaces refuses the job", async () => {
  await aNodeWithDrive({ workspaces: ["user:bob"] });
  expect(await refusal()).toMatchObject({ code: "drive_not_allowed" });
});

test("the engine gets the folder, the rules and a place to mount it", async () => {
  await aNodeWithDrive({ gid: 500 });
  await accepted();
  expect(order()).toMatchObject({
    mounts: [{ source: folder("7/data"), destination: "/work/data", readOnly: false, kind: "folder" }],
    groups: [500],
    umask: "0007",
  });
  expect(readdirSync(work())).toEqual(["data"]);
});

test("when the job has ended its folder has no trace of what was mounted", async () => {
  await aNodeWithDrive();
  await node.runJob(aRef(), withDrive());
  expect(existsSync(join(work(), "data"))).toBe(true);
  node.engine.exit(refName(aRef()), 0);
  await node.told("exited");
  expect(readdirSync(work())).toEqual(["stdout.txt"]);
});

test("nor when it ended while the runner was away", async () => {
  await aNodeWithDrive();
  await node.runJob(aRef(), withDrive());
  await node.crash();
  node.engine.exit(refName(aRef()), 0);
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  await node.told("exited");
  expect(readdirSync(work())).toEqual(["stdout.txt"]);
});

test.each([
  [true, true],
  [false, false],
])("where root is granted and Podman is rootless (%s), a job with drives is root: %s", async (rootless, asRoot) => {
  await aNodeWithDrive({}, (one) => {
    one.settings = { allowRoot: true };
    one.engine.allowRoot = true;
    one.engine.rootless = rootless;
  });
  await accepted(withDrive({ asRoot: true }));
  expect(node.container()?.order.plan.asRoot).toBe(asRoot);
});

test.each([
  ["is missing", "none", "file_not_found"],
  ["is a link", "link", "file_not_usable"],
])("what %s ends the job before a container exists", async (_, path, code) => {
  await aNodeWithDrive();
  symlinkSync("data", folder("7/link"));
  node.offer(aRef(), withDrive({ mounts: [aMount({ path })] }));
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure).toEqual({ code, detail: "/work/data" });
  expect(node.container()).toBeUndefined();
});

test("a mount that is not what was found is told, and the job never starts", async () => {
  await aNodeWithDrive({}, (one) => {
    one.engine.mountFailure = { code: "file_not_usable" };
  });
  node.offer(aRef(), withDrive());
  await node.told("not-started");
  node.go();
  await quiet();
  expect(node.link.fact(aRef(), "not-started")?.failure.code).toBe("file_not_usable");
  expect(node.engine.startCalls).toEqual([]);
});

test("a drive that hangs sends the job away", async () => {
  await aNodeWithDrive();
  const locate = vi.spyOn(Drives.prototype, "locate").mockReturnValue(new Promise(() => {}));
  node.offer(aRef(), withDrive());
  await until(() => locate.mock.calls.length > 0, "a look");
  await node.clock.advance(10_000);
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure.code).toBe("drive_unavailable");
});

test("a process that did not make the container makes sure of its mounts before it starts it", async () => {
  await aNodeWithDrive();
  await accepted();
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(1);
  expect(node.engine.unsecuredStarts).toEqual([]);
});

/** Start was called by a process that died, and never took effect. */
async function startLost(): Promise<void> {
  await aNodeWithDrive({}, (one) => {
    one.engine.startFaults = ["unanswered-and-not-started"];
  });
  await accepted();
  node.go();
  await until(() => node.engine.startCalls.length === 1, "a start");
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.clock.advance(19_000);
  expect(node.engine.startCalls).toHaveLength(1);
}

test("and so does one before it calls start a second time", async () => {
  await startLost();
  await node.clock.advance(2_000);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(2);
  expect(node.engine.unsecuredStarts).toEqual([]);
});

test("which it does not where the mounts are others now", async () => {
  await startLost();
  node.engine.mountFailure = { code: "file_not_usable" };
  await node.clock.advance(2_000);
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure.code).toBe("file_not_usable");
  expect(node.engine.startCalls).toHaveLength(1);
});

test("while Podman is away nothing is decided about mounts", async () => {
  await startLost();
  node.engine.goAway();
  await node.clock.advance(60_000);
  expect(node.link.fact(aRef(), "not-started")).toBeUndefined();
  node.engine.comeBack();
  for (let seconds = 0; seconds < 15; seconds++) {
    await node.clock.advance(1_000);
  }
  await node.told("started");
  expect(node.engine.unsecuredStarts).toEqual([]);
});

test("with the journal lost nobody knows what was meant: its container is not started", async () => {
  await aNodeWithDrive();
  await accepted();
  await node.crash();
  for (const name of readdirSync(node.stateDir).filter((file) => file.startsWith("journal."))) {
    rmSync(join(node.stateDir, name));
  }
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.clock.advance(25_000);
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure.code).toBe("mount_failed");
  expect(node.engine.startCalls).toEqual([]);
});

test("a reboot is no second start", async () => {
  await startLost();
  await node.crash();
  node.engine.reboot();
  node.clock.reboot();
  node.bootId = "boot-2";
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.clock.advance(60_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "machine_restarted" });
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a job without drives costs no question about mounts", async () => {
  await aNodeWithDrive();
  const asked = vi.spyOn(node.engine, "hasSecuredMounts");
  await node.runJob();
  expect(asked).not.toHaveBeenCalled();
});
