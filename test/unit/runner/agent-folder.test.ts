/** What a job finds in its folders before it begins, and where its files lie. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { folderName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const jobs = () => join(node.stateDir, "jobs");
const folder = () => join(jobs(), folderName(aRef()));
const work = (...names: string[]) => join(folder(), "work", ...names);
const etc = () => join(folder(), "attempt-1-0", "etc");
const read = (path: string) => readFileSync(path, "utf8");

const UCLOUD = { siteVersion: 3, request: { application: { name: "acme-batch" } }, machineType: { cpu: 1 } };
const withParameters = () => aPlan({ jobParameters: UCLOUD });
const WITH_IMAGE = { ...UCLOUD, containerImage: { name: "busybox", digest: "sha256:abc" } };

test("/etc/ucloud says which node of how many it is, to everybody", async () => {
  node = await aNode();
  const umask = process.umask(0o077);
  await node
    .runJob(aRef(), aPlan({ resources: { cpu: 1.5, memoryBytes: 2 ** 30, gpu: 0 } }))
    .finally(() => process.umask(umask));
  expect(node.container()?.order.files).toEqual([{ source: etc(), destination: "/etc/ucloud" }]);
  const lines = Object.fromEntries(readdirSync(etc()).map((name) => [name, read(join(etc(), name))]));
  const host = "ucloud-1001\n";
  expect(lines).toEqual({
    ...{ "rank.txt": "0\n", "number_of_nodes.txt": "1\n", "nodes.txt": host, "node-0.txt": host },
    ...{ "cores.txt": "1.5\n", "job_id.txt": "1001\n" },
  });
  expect(statSync(etc()).mode & 0o777).toBe(0o755);
  expect(statSync(join(etc(), "rank.txt")).mode & 0o777).toBe(0o644);
});

test("JobParameters.json is UCloud's object and the image that runs, and belongs to the job's user", async () => {
  node = await aNode();
  await node.runJob(aRef(), withParameters());
  expect(read(work("JobParameters.json"))).toBe(`${JSON.stringify(WITH_IMAGE, null, 2)}\n`);
  expect(statSync(work("JobParameters.json"))).toMatchObject({ uid: 11042, gid: 11042, mode: 0o100644 });
});

test("a job without parameters has no such file", async () => {
  node = await aNode();
  await node.runJob();
  expect(readdirSync(work())).toEqual([]);
});

test("what has its name, and what is mounted there, is left alone", async () => {
  const drive = mkdtempSync(join(tmpdir(), "ucloud-drive-"));
  onTestFinished(() => rmSync(drive, { recursive: true }));
  node = await aNode((n) => {
    n.drives = { "88": { folder: drive, readOnly: false, umask: "0007" } };
  });
  mkdirSync(work(), { recursive: true });
  writeFileSync(work("JobParameters.json"), "theirs");
  const mounts = ["/work/JobParameters-1.json", "/work/JobParameters-2.json/deep", "/work/Job"].map((destination) => {
    return { drive: "88", path: "", destination, readOnly: true };
  });
  await node.runJob(aRef(), { ...withParameters(), mounts });
  expect(read(work("JobParameters.json"))).toBe("theirs");
  expect(readdirSync(work())).toContain("JobParameters-3.json");
  expect(statSync(work("JobParameters-1.json")).isDirectory()).toBe(true);
});

test("a create that is tried again, also by the next process, does not write it again", async () => {
  node = await aNode((n) => {
    n.engine.createFailure = { code: "podman_unavailable" };
  });
  node.offer(aRef(), withParameters());
  await until(() => existsSync(work("JobParameters.json")), "the file");
  await node.crash();
  node.engine.createFailure = null;
  await node.boot();
  node.link.welcome(node.agent);
  await until(() => node.container() !== undefined, "the container");
  expect(readdirSync(work())).toEqual(["JobParameters.json"]);
});

test("a job runs without the file when all its names are taken", async () => {
  node = await aNode();
  mkdirSync(work(), { recursive: true });
  for (let n = 0; n < 100; n++) {
    writeFileSync(work(n === 0 ? "JobParameters.json" : `JobParameters-${n}.json`), "theirs");
  }
  await node.runJob(aRef(), withParameters());
  expect(node.log.map(({ message }) => message)).toContain("job_parameters.not_written");
});

test("a template sorts the folders of jobs, and adoption finds them without the journal", async () => {
  node = await aNode((n) => {
    n.settings = { jobsBelow: ["{workspace}", "{user}"] };
  });
  await node.runJob(aRef(), aPlan({ user: "bob", workspace: "project:77" }));
  const place = join(jobs(), "project_77", "bob", folderName(aRef()));
  expect(node.container()?.order).toMatchObject({ workFolder: join(place, "work") });
  expect(statSync(place).mode & 0o777).toBe(0o755);
  expect(statSync(join(place, "work")).mode & 0o777).toBe(0o750);
  await node.crash();
  node.loseJournal();
  await node.boot();
  expect((await node.agent.logOf(aRef()))?.path).toBe(join(place, "output-1-0.log"));
  node.link.welcome(node.agent);
  node.engine.exit(node.container()?.facts.name ?? "", 0);
  await node.told("exited");
  const results = { folder: join(place, "work"), keptMs: expect.any(Number) };
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ results });
  expect(existsSync(join(place, "work", "stdout.txt"))).toBe(true);
});

test("the log of a job that is over is found below a template", async () => {
  node = await aNode((n) => {
    n.settings = { jobsBelow: ["{user}"] };
  });
  await node.runJob(aRef(), aPlan({ user: "bob" }));
  node.engine.exit(node.container()?.facts.name ?? "", 0);
  await node.told("exited");
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "exited" });
  await node.agent.idle();
  const log = await node.agent.logOf(aRef());
  expect(log?.path).toBe(join(jobs(), "bob", folderName(aRef()), "output-1-0.log"));
  expect(log?.isOver()).toBe(true);
});

test("UCloud is told where it sees the files, where they lie in a drive of its", async () => {
  node = await aNode((n) => {
    n.settings = { driveFolders: { "88": { folder: n.stateDir, workspaces: ["user:alice"] } } };
  });
  await node.runJob();
  const outputFolder = `/88/jobs/${folderName(aRef())}/work`;
  expect(node.link.fact(aRef(), "started")).toMatchObject({ outputFolder });
  expect(statSync(folder()).mode & 0o777).toBe(0o755);
  await node.crash();
  node.loseJournal();
  node.link.sent.length = 0;
  await node.boot();
  node.link.welcome(node.agent);
  await node.told("started");
  expect(node.link.fact(aRef(), "started")).toMatchObject({ outputFolder });
});

test("nobody hears of a folder that UCloud does not see", async () => {
  node = await aNode((n) => {
    n.settings = { driveFolders: { "88": { folder: n.stateDir, workspaces: ["user:bob"] } } };
  });
  await node.runJob();
  expect(node.link.fact(aRef(), "started")).not.toHaveProperty("outputFolder");
  node.engine.exit(node.container()?.facts.name ?? "", 0);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).not.toHaveProperty("results");
});
