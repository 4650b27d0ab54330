/** A node on real Podman: whole lives of jobs, and what their ends are called. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { folderName, refName } from "../../../shared/ids.ts";
import { MEBIBYTE } from "../../support/engine.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { RealNode } from "../../support/real-node.ts";

let service: PodmanService;
let node: RealNode;

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service);
});
beforeEach(async () => {
  node = await RealNode.make(service);
});
afterEach(() => node.end());
afterAll(() => service.stop());

test("a job runs as the job's user in its folder, its end carries the output, and its folder stays", async () => {
  const ref = await node.run(["sh", "-c", "id -u; pwd; echo done > result"]);
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "exit", exitCode: 0, reason: null, oom: false });
  expect(Buffer.from(exited?.tail ?? "", "base64").toString()).toBe("11042\n/work\n");
  expect(node.link.facts(ref).map((fact) => fact.kind)).toEqual(["started", "exited"]);
  expect(await node.exists(ref)).toBe(true);
  node.agent.received(node.link, { type: "ack", ref, kind: "exited" });
  await node.agent.idle();
  expect(await node.exists(ref)).toBe(false);
  const folder = join(node.stateDir, "jobs", folderName(ref));
  expect(statSync(join(folder, "work", "result")).uid).toBe(11_042);
  expect(existsSync(join(folder, "output-1-0.log"))).toBe(true);
  expect(readFileSync(join(folder, "work", "stdout.txt"), "utf8")).toBe("11042\n/work\n");
});

test("an exit code is told as it is", async () => {
  const ref = await node.run(["sh", "-c", "exit 3"]);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
});

test("a signal is told as 128 and its number", async () => {
  const ref = await node.run(["sh", "-c", "kill -SEGV $$"]);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 139 });
});

test("a job beyond its memory is told as out of memory", async () => {
  const plan = { resources: { cpu: 1, memoryBytes: 32 * MEBIBYTE, gpu: 0 } };
  const ref = await node.run(["sh", "-c", "x=a; while :; do x=$x$x; done"], plan);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", oom: true });
});

test("the wall time ends a job as expired", async () => {
  const ref = await node.run(["sleep", "100"], { wallMs: 700 });
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "expired", exitCode: 143 });
  expect(exited?.ranMs).toBeGreaterThanOrEqual(690);
});

test("a cancelled job that ignores TERM is killed after its grace", async () => {
  const script = "trap '' TERM; echo up; while :; do sleep 1; done";
  const ref = await node.run(["sh", "-c", script], { stopGraceMs: 500 });
  await node.told(ref, "started");
  node.agent.received(node.link, { type: "cancel", ref });
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "cancelled", exitCode: 137 });
});

test("a missing program is refused before the job is accepted", async () => {
  const started = node.run(["no-such-program"]).catch(() => null);
  await expect.poll(() => node.link.frames("refuse")[0]?.failure.code).toBe("program_not_found");
  expect(node.agent.status().jobs).toEqual([]);
  void started;
});

test("the output of a product that keeps it on the site is not told", async () => {
  const ref = await node.run(["echo", "private"], { output: "site" });
  expect(await node.told(ref, "exited")).toMatchObject({ exitCode: 0, tail: null });
  expect(refName(ref)).toContain("ucloud-77-");
});
