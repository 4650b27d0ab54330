/** Files of drives in jobs on real Podman: used as the job's user, and nothing outside a drive is ever mounted. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { folderName, type Ref, refName } from "../../../shared/ids.ts";
import type { Mount } from "../../../shared/plan.ts";
import { JOB_USER } from "../../support/engine.ts";
import { aMount } from "../../support/plan.ts";
import { PodmanGate } from "../../support/podman-gate.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { RealNode } from "../../support/real-node.ts";
import { contentOf } from "../../support/site-job.ts";

let service: PodmanService;
let gate: PodmanGate;
let drive: string;
let node: RealNode;

beforeAll(async () => {
  service = await startPodmanService({ subordinateIds: true });
  await importTestImage(service);
  gate = await PodmanGate.start(join(service.folder, "gate.sock"), service.socketPath);
});
beforeEach(async () => {
  drive = await mkdtemp(join(service.folder, "drive-"));
  mkdirSync(join(drive, "data"));
  writeFileSync(join(drive, "data", "in.txt"), "in\n");
  writeFileSync(join(drive, "outside"), "outside\n");
  chownSync(drive, JOB_USER.uid, JOB_USER.gid);
  chownSync(join(drive, "data"), JOB_USER.uid, JOB_USER.gid);
});
afterEach(() => node.end());
afterAll(async () => {
  await gate.stop();
  await service.stop();
});

type Rules = { readOnly?: boolean; gid?: number; umask?: string; allowRoot?: boolean };

async function aNodeWithDrive({ allowRoot = false, ...rules }: Rules = {}): Promise<void> {
  const settings = { folder: drive, readOnly: false, umask: "0007", ...rules };
  node = await RealNode.make(service, { drives: { "12": settings }, socketPath: gate.socketPath, allowRoot });
}

const run = (script: string, mounts: Partial<Mount>[], asRoot = false) =>
  node.run(["sh", "-c", script], { mounts: mounts.map(aMount), asRoot });

async function output(ref: Ref): Promise<string> {
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "exit" });
  return Buffer.from(exited?.tail ?? "", "base64").toString();
}

const work = (ref: Ref) => join(node.stateDir, "jobs", folderName(ref), "work");

test("a folder and a file are read and written as the job's user", async () => {
  await aNodeWithDrive();
  writeFileSync(join(drive, "table.csv"), "1,2\n");
  chownSync(join(drive, "table.csv"), JOB_USER.uid, JOB_USER.gid);
  const script =
    "cat data/in.txt table.csv /deep/er; echo out > data/out.txt; echo 3,4 >> table.csv; stat -c %u:%g data";
  const ref = await run(script, [
    {},
    { path: "table.csv", destination: "/work/table.csv" },
    { path: "data/in.txt", destination: "/deep/er", readOnly: true },
  ]);
  expect(await output(ref)).toBe("in\n1,2\nin\n11042:11042\n");
  expect(readFileSync(join(drive, "data", "out.txt"), "utf8")).toBe("out\n");
  expect(readFileSync(join(drive, "table.csv"), "utf8")).toBe("1,2\n3,4\n");
  expect(statSync(join(drive, "data", "out.txt"))).toMatchObject({ uid: JOB_USER.uid, gid: JOB_USER.gid });
});

test("what was only mounted leaves nothing in the job's folder, what was written there stays", async () => {
  await aNodeWithDrive();
  const ref = await run("echo result > result.txt; stat -c %u /work /work/a", [
    { destination: "/work/a/b/data" },
    { path: "data/in.txt", destination: "/work/a/in.txt" },
  ]);
  expect(await output(ref)).toBe("11042\n11042\n");
  expect(readFileSync(join(work(ref), "result.txt"), "utf8")).toBe("result\n");
  expect(existsSync(join(work(ref), "a"))).toBe(false);
  expect(readFileSync(join(drive, "data", "in.txt"), "utf8")).toBe("in\n");
});

test("the whole drive can be mounted, and what is mounted below it on the machine is not in it", async () => {
  mkdirSync(join(drive, "other"));
  await promisify(execFile)("mount", ["-t", "tmpfs", "tmpfs", join(drive, "other")]);
  onTestFinished(async () => void (await promisify(execFile)("umount", [join(drive, "other")])));
  writeFileSync(join(drive, "other", "secret"), "");
  await aNodeWithDrive();
  const ref = await run("ls drive drive/other; grep ' /work/drive ' /proc/self/mountinfo | cut -d' ' -f6,7", [
    { path: "", destination: "/work/drive" },
  ]);
  expect(await output(ref)).toMatch(/^drive:\ndata\nother\noutside\n\ndrive\/other:\nrw,nosuid,nodev,\S+ -\n$/);
});

test.each<[string, Rules, Partial<Mount>]>([
  ["the job", {}, { readOnly: true }],
  ["the drive", { readOnly: true }, {}],
])("read-only as %s says", async (_, rules, mount) => {
  await aNodeWithDrive(rules);
  const ref = await run("cat data/in.txt; touch data/x 2>/dev/null || echo kept", [mount]);
  expect(await output(ref)).toBe("in\nkept\n");
});

test("a drive's group and umask are the job's", async () => {
  await aNodeWithDrive({ gid: 4242, umask: "0027" });
  chownSync(join(drive, "data"), 0, 4242);
  chmodSync(join(drive, "data"), 0o2770);
  const ref = await run("umask; touch data/x; id -G", [{}]);
  expect(await output(ref)).toBe("0027\n11042 4242\n");
  const made = statSync(join(drive, "data", "x"));
  expect({ gid: made.gid, mode: made.mode & 0o777 }).toEqual({ gid: 4242, mode: 0o640 });
});

test("a job with drives runs as the job's user on a rootful machine, even where root is granted", async () => {
  await aNodeWithDrive({ allowRoot: true });
  const ref = await run("id -u", [{}], true);
  expect(await output(ref)).toBe("11042\n");
});

test.each<[string, Partial<Mount>, string]>([
  ["a link in the middle", { path: "link/passwd" }, "file_not_usable"],
  ["a link at the end", { path: "link" }, "file_not_usable"],
  ["nothing", { path: "data/none" }, "file_not_found"],
])("%s is refused before anything is made", async (_, mount, code) => {
  await aNodeWithDrive();
  symlinkSync("/etc", join(drive, "link"));
  const ref = await run("true", [mount]);
  expect(await node.told(ref, "not-started")).toMatchObject({ failure: { code } });
  expect(await node.exists(ref)).toBe(false);
});

/** Swapped after the runner looked, before Podman mounts. */
function swapForLink(): void {
  renameSync(join(drive, "data"), join(drive, "moved"));
  symlinkSync("/etc", join(drive, "data"));
}

test("a folder that is swapped for a link before it is mounted ends the job before its program", async () => {
  await aNodeWithDrive();
  const held = gate.hold(/^POST \S+\/init /, "call");
  const running = run("cp data/hostname stolen", [{}]);
  await held.reached;
  swapForLink();
  held.open();
  const ref = await running;
  expect(await node.told(ref, "not-started")).toMatchObject({ failure: { code: "file_not_usable" } });
  expect(await node.exists(ref)).toBe(false);
  expect(existsSync(join(work(ref), "stolen"))).toBe(false);
});

test("a folder that is swapped after it was mounted stays what it was", async () => {
  await aNodeWithDrive();
  const held = gate.hold(/^POST \S+\/start /, "call");
  const running = run("ls data", [{}]);
  await held.reached;
  swapForLink();
  held.open();
  expect(await output(await running)).toBe("in.txt\n");
});

test("a link in the image does not hide what is mounted", async () => {
  await aNodeWithDrive();
  // `/usr/local/bin/linked-batch` leads to another file of the image.
  const mount = { path: "data/in.txt", destination: "/usr/local/bin/linked-batch" };
  const ref = await run("true", [mount]);
  expect(await node.told(ref, "not-started")).toMatchObject({ failure: { code: "file_not_usable" } });
});

const COUNTED = "echo ran >> runs; cat data/in.txt";
const runs = (ref: Ref) => contentOf(join(work(ref), "runs"));

test("a process that dies between the set-up and the grant is followed by one that starts the job once", async () => {
  await aNodeWithDrive();
  const held = gate.hold(/^POST \S+\/init /, "answer");
  const ref = await run(COUNTED, [{}]);
  await held.reached;
  await node.crash();
  held.open();
  await node.boot();
  node.link.welcome(node.agent, [{ ref, verdict: "go" }]);
  expect(await output(ref)).toBe("in\n");
  expect(runs(ref)).toBe("ran\n");
});

/** A call of start that was not answered is over soon. */
const SHORT = { startMs: 3_000 };

test.each([
  ["starts the job once where all is as it was", false],
  ["refuses to where another folder lies there now", true],
])("a process that dies in the call of start is followed by one that %s", async (_, isSwapped) => {
  await aNodeWithDrive();
  node.link.welcome(node.agent, [], SHORT);
  const held = gate.hold(/^POST \S+\/start /, "call");
  const ref = await run(COUNTED, [{}]);
  await held.reached;
  await node.crash();
  // Podman never hears of that call.
  if (isSwapped) {
    renameSync(join(drive, "data"), join(drive, "moved"));
    mkdirSync(join(drive, "data"));
  }
  await node.boot();
  node.link.welcome(node.agent, [{ ref, verdict: "go" }]);
  if (isSwapped) {
    expect(await node.told(ref, "not-started")).toMatchObject({ failure: { code: "file_not_usable" } });
  } else {
    expect(await output(ref)).toBe("in\n");
  }
  expect(runs(ref)).toBe(isSwapped ? "" : "ran\n");
});

/** Never 0, which would be the test's own. */
function killProcess(pid = 0): void {
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, "SIGKILL");
}

test("a container whose waiting process was killed is set up and looked at again", async () => {
  await aNodeWithDrive();
  const held = gate.hold(/^GET \S+\/_ping /, "call");
  const ref = await run(COUNTED, [{}]);
  await held.reached;
  const facts = await node.engine.inspect(refName(ref));
  expect(facts).toMatchObject({ status: "created", startedAtPodman: null, pid: expect.any(Number) });
  killProcess(facts?.pid);
  await expect.poll(async () => (await node.engine.inspect(refName(ref)))?.status).toBe("other");
  expect(await node.engine.hasSecuredMounts(refName(ref))).toBe(false);
  held.open();
  expect(await output(ref)).toBe("in\n");
  expect(runs(ref)).toBe("ran\n");
});
