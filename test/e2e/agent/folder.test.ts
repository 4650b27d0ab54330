/** A job's folders on real Podman: what it finds there, what is left for its user, and when it goes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { folderName, type Ref } from "../../../shared/ids.ts";
import { JOB_USER } from "../../support/engine.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { eventually, RealNode } from "../../support/real-node.ts";

let service: PodmanService;
let node: RealNode;

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service);
});
afterEach(() => node.end());
afterAll(() => service.stop());

const folder = (ref: Ref) => join(node.stateDir, "jobs", folderName(ref));
const work = (ref: Ref, name: string) => join(folder(ref), "work", name);

async function acknowledged(ref: Ref): Promise<void> {
  node.agent.received(node.link, { type: "ack", ref, kind: "exited" });
  await node.agent.idle();
}

test("a job reads in /etc/ucloud who it is, as its user, and changes nothing there", async () => {
  node = await RealNode.make(service);
  const script = `
    cd /etc/ucloud; for file in *; do echo "$file $(cat $file)"; done
    hostname; id -u
    (echo 1 > rank.txt) 2>/dev/null || echo kept
    (echo 1 > more.txt) 2>/dev/null || echo closed
    rm -f rank.txt 2>/dev/null; cat rank.txt`;
  const ref = await node.run(["sh", "-c", script]);
  expect(await node.told(ref, "exited")).toMatchObject({ exitCode: 0 });
  const files = [
    "cores.txt 1",
    "job_id.txt 77",
    "node-0.txt ucloud-77",
    "nodes.txt ucloud-77",
    "number_of_nodes.txt 1",
  ];
  const lines = [...files, "rank.txt 0", "ucloud-77", "11042", "kept", "closed", "0", ""];
  expect(readFileSync(work(ref, "stdout.txt"), "utf8")).toBe(lines.join("\n"));
});

test("stdout.txt is what the program wrote, byte by byte, and the job's user's", async () => {
  node = await RealNode.make(service);
  const script = `
    echo to-stderr >&2; sleep 0.3
    dd if=/dev/urandom of=written bs=1000000 count=5 2>/dev/null; cat written; sleep 0.3
    printf 'no end' >&2`;
  const ref = await node.run(["sh", "-c", script]);
  expect(await node.told(ref, "exited")).toMatchObject({ exitCode: 0 });
  const written = readFileSync(work(ref, "written"));
  const meant = Buffer.concat([Buffer.from("to-stderr\n"), written, Buffer.from("no end")]);
  expect(readFileSync(work(ref, "stdout.txt")).equals(meant)).toBe(true);
  expect(statSync(work(ref, "stdout.txt"))).toMatchObject(JOB_USER);
});

test("a link that the program left in its place leads nowhere", async () => {
  node = await RealNode.make(service);
  const before = readFileSync("/etc/passwd");
  const script = "ln -s /etc/passwd stdout.txt; ln -s /etc/shadow stdout-1.txt; mkdir stdout-2.txt; echo hello";
  const ref = await node.run(["sh", "-c", script]);
  expect(await node.told(ref, "exited")).toMatchObject({ exitCode: 0 });
  expect(readFileSync("/etc/passwd").equals(before)).toBe(true);
  expect(readFileSync(work(ref, "stdout-3.txt"), "utf8")).toBe("hello\n");
});

test("a job finds JobParameters.json with the digest of its image, and may change it", async () => {
  node = await RealNode.make(service);
  const argv = ["sh", "-c", "cp JobParameters.json read; echo more >> JobParameters.json"];
  const ref = await node.run(argv, { jobParameters: { siteVersion: 3, request: { name: "ø" } } });
  expect(await node.told(ref, "exited")).toMatchObject({ exitCode: 0 });
  const digest = node.link.fact(ref, "started")?.imageDigest;
  const containerImage = { name: expect.any(String), digest };
  const read: unknown = JSON.parse(readFileSync(work(ref, "read"), "utf8"));
  expect(read).toEqual({ siteVersion: 3, request: { name: "ø" }, containerImage });
  expect(digest).toMatch(/^sha256:/);
});

test("what a job left goes when its time is over, links and unreadable folders with it", async () => {
  node = await RealNode.make(service);
  const ref = await node.run(["sh", "-c", "mkdir -p deep/er; ln -s /etc deep/etc; touch deep/er/x; chmod 0 deep/er"]);
  await node.told(ref, "exited");
  await acknowledged(ref);
  const [younger] = [await node.run(["true"])];
  await node.told(younger, "exited");
  await acknowledged(younger);
  await node.crash();
  const ended = join(folder(ref), "attempt-1-0", "ended");
  writeFileSync(ended, `${Number(readFileSync(ended, "utf8")) - 86_400_000}\n`);
  await node.boot();
  await eventually(() => !existsSync(folder(ref)));
  await eventually(() => readdirSync(join(node.stateDir, "jobs")).length === 1);
  expect(existsSync(work(younger, "stdout.txt"))).toBe(true);
  node.link.welcome(node.agent);
});

test("below a template the site's people reach a job's files, and nothing else of it", async () => {
  const base = join(service.folder, "results");
  mkdirSync(base, { mode: 0o755 });
  node = await RealNode.make(service, { settings: { jobsDir: base, jobsBelow: ["{workspace}", "{user}"] } });
  const ref = await node.run(["sh", "-c", "echo done > result"], { user: "bob@example.org" });
  const place = join(base, "user_alice", "bob@example.org", folderName(ref));
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ exitCode: 0, results: { folder: join(place, "work") } });
  expect(readdirSync(join(place, "work")).sort()).toEqual(["result", "stdout.txt"]);
  const modes = ["", "work", "attempt-1-0", "output-1-0.log"].map((name) => statSync(join(place, name)).mode & 0o777);
  expect(modes.slice(0, 3)).toEqual([0o755, 0o750, 0o700]);
  expect((modes[3] ?? 0) & 0o077).toBe(0);
});
