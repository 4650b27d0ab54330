/** A job's program in a real container: what it is given, what it may do, and how its end is told. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ContainerFacts, ContainerOrder, Engine } from "../../../runner/engine/engine.ts";
import { readTail } from "../../../runner/engine/k8s-log.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { anEngine, aPlan, MEBIBYTE, placeOrder } from "../../support/engine.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";

let service: PodmanService;
let engine: Engine;

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service, undefined, ["ENV FROM_IMAGE=yes", 'CMD ["from-cmd"]', 'ENTRYPOINT ["/bin/echo"]']);
  engine = anEngine(service.socketPath);
});

afterAll(() => service.stop());

type Ended = { order: ContainerOrder; code: number; facts: ContainerFacts | null; output: string };

async function run(change: Partial<JobPlan>): Promise<Ended> {
  const order = await placeOrder(engine, service.folder, aPlan(change));
  await engine.create(order);
  await engine.start(order.name, 20_000);
  const code = await engine.wait(order.name, AbortSignal.timeout(30_000));
  const facts = await engine.inspect(order.name);
  const output = (await readTail(order.logFile, MEBIBYTE)).toString();
  return { order, code, facts, output };
}

const shell = (script: string, change: Partial<JobPlan> = {}): Promise<Ended> =>
  run({ argv: ["sh", "-c", script], ...change });

test("arguments arrive exactly, empty ones and blanks and quotes too, and nothing of the image's is added", async () => {
  const args = ["", "a b", "$HOME", `'"\\`, "Hæ, 世界!", "two\nlines", "--"];
  const { output, code } = await run({ argv: ["acme-batch", ...args], environment: { WORK_SECONDS: "0" } });
  expect(output).toBe(`${args.join("\n")}\n`);
  expect(code).toBe(0);
});

test("the environment is the image's and the plan's, nothing of the host's", async () => {
  const { output } = await shell("env", { environment: { MINE: "a=b c" } });
  const names = output.trim().split("\n");
  expect(names).toContain("MINE=a=b c");
  expect(names).toContain("FROM_IMAGE=yes");
  const allowed = /^(MINE|FROM_IMAGE|PATH|TERM|HOME|HOSTNAME|PWD|SHLVL|container)=/;
  expect(names.filter((line) => !allowed.test(line))).toEqual([]);
});

test("the program runs as the job's user, at home in /work, which it can write", async () => {
  const { output, order } = await shell("id -u; id -g; echo $HOME; pwd; whoami; echo hi > made; ls /work");
  expect(output.split("\n").slice(0, 6)).toEqual(["11042", "11042", "/work", "/work", "ucloud", "made"]);
  expect(await readFile(join(order.workFolder, "made"), "utf8")).toBe("hi\n");
  expect((await stat(join(order.workFolder, "made"))).uid).toBe(11_042);
});

test.each([
  ["/tmp", "/tmp"],
  ["/root", "/work"],
  ["/nowhere", "/work"],
  ["/work/below", "/work"],
])("in an image whose home is %s the program is at home in %s", async (ofImage, home) => {
  const image = `localhost/home${ofImage}:1`;
  await importTestImage(service, image, [`ENV HOME=${ofImage}`]);
  const { output } = await shell("echo $HOME; grep 11042 /etc/passwd", { image });
  expect(output).toBe(`${home}\nucloud:*:11042:11042:UCloud job:${home}:/bin/sh\n`);
});

test("a working directory that does not exist is made and belongs to the job's user", async () => {
  expect((await shell("pwd; touch x && echo ok", { workingDirectory: "a/b" })).output).toBe("/work/a/b\nok\n");
  expect((await shell("pwd; touch x && echo ok", { workingDirectory: "/data/new" })).output).toBe("/data/new\nok\n");
});

test("the program has no capability, gains none, and sees no network but its own loopback", async () => {
  const { output } = await shell("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/net/dev");
  expect(output.match(/^Cap\w+:\t0{16}$/gm)).toHaveLength(5);
  expect(output).toContain("NoNewPrivs:\t1");
  expect(output).toContain("Seccomp:\t2");
  expect(
    output
      .match(/^\s*\w+:/gm)
      ?.map((name) => name.trim())
      .filter((name) => /^(lo|eth\d|tap\d):$/.test(name)),
  ).toEqual(["lo:"]);
});

test("limits of memory, swap, processor, processes and files are the plan's", async () => {
  const resources = { cpu: 0.5, memoryBytes: 100 * MEBIBYTE, gpu: 0 };
  const { output } = await shell(
    `c=/sys/fs/cgroup
     cat $c/memory/memory.limit_in_bytes $c/memory/memory.memsw.limit_in_bytes $c/pids/pids.max \
       $c/cpu/cpu.cfs_quota_us $c/cpu/cpu.cfs_period_us 2>/dev/null ||
       { cat $c/memory.max; cat $c/memory.swap.max; cat $c/pids.max; tr ' ' '\\n' < $c/cpu.max; }
     ulimit -c; ulimit -n; df -k /dev/shm /tmp /run | awk 'NR>1 {print $2}'`,
    { resources },
  );
  const lines = output.trim().split("\n");
  expect(lines[0]).toBe(String(100 * MEBIBYTE));
  // cgroup v1 counts memory and swap together, v2 swap alone.
  expect([String(100 * MEBIBYTE), "0"]).toContain(lines[1]);
  expect(lines.slice(2, 6)).toEqual(["2048", "50000", "100000", "0"]);
  expect(Number(lines[6])).toBeGreaterThan(4096);
  expect(lines.slice(7)).toEqual(["51200", "10240", "10240"]);
});

test("/tmp can be written and executed from", async () => {
  const { output } = await shell("cp /bin/busybox /tmp; /tmp/busybox echo yes; touch /run/x 2>/dev/null || echo no");
  expect(output).toBe("yes\nno\n");
});

test("the exit code is told, and a death by signal as 128 and the signal", async () => {
  expect((await shell("exit 0")).code).toBe(0);
  const three = await shell("exit 3");
  expect([three.code, three.facts?.exitCode, three.facts?.oom, three.facts?.status]).toEqual([3, 3, false, "exited"]);
  expect((await shell("kill -KILL $$")).code).toBe(137);
});

test("a program that takes more memory than it has is told as out of memory", async () => {
  const resources = { cpu: 1, memoryBytes: 32 * MEBIBYTE, gpu: 0 };
  const { code, facts } = await run({ argv: ["tail", "/dev/zero"], resources });
  expect(code).toBe(137);
  expect(facts?.oom).toBe(true);
});

test("the tail of a line of 300 KB and of bytes that are no text is exact", async () => {
  const { order } = await shell("printf 'begin\\n'; head -c 300000 /dev/zero | tr '\\0' a; printf 'x\\000y\\377'");
  const tail = await readTail(order.logFile, 10);
  expect(tail).toEqual(Buffer.from("aaaaaax\0y\xff", "latin1"));
  expect((await readTail(order.logFile, MEBIBYTE)).length).toBe(6 + 300_000 + 4);
});

test("the log keeps to its cap and what is left of it is readable", async () => {
  const placed = await placeOrder(engine, service.folder, aPlan({ argv: ["seq", "1", "5000"] }));
  const order = { ...placed, logCapBytes: 20_000 };
  await engine.create(order);
  await engine.start(order.name, 20_000);
  await engine.wait(order.name, AbortSignal.timeout(30_000));
  expect((await stat(order.logFile)).size).toBeLessThan(21_000);
  expect((await readTail(order.logFile, 10)).toString()).toBe("4999\n5000\n");
});

test("the image's digest and the labels are facts of the container", async () => {
  const { order, facts } = await run({ argv: ["true"] });
  expect(facts?.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(facts?.imageDigest).toBe(order.image.digest);
  expect(facts?.labels).toMatchObject(order.labels);
  await writeFile(join(order.workFolder, "unused"), "");
});
