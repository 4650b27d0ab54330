/** A node on real Podman whose process, Podman service, conmon or whole machine dies under its jobs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { writeIdentity } from "../../../runner/identity.ts";
import { folderName, type Ref, refName } from "../../../shared/ids.ts";
import { PodmanGate } from "../../support/podman-gate.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { eventually, RealNode } from "../../support/real-node.ts";
import { callNode } from "../../support/runner/cli.ts";
import { anIdentity } from "../../support/runner/connection-under-test.ts";
import { contentOf } from "../../support/site-job.ts";

let service: PodmanService;
let node: RealNode;

beforeEach(async () => {
  service = await startPodmanService();
  await importTestImage(service);
  node = await RealNode.make(service);
});
afterEach(async () => {
  await node.end();
  await service.stop();
});

/** Counts its runs in its folder, ends with 3 when the file `end` appears there. */
const UNTIL_TOLD = ["sh", "-c", "echo run >> runs; while [ ! -e end ]; do sleep 0.05; done; exit 3"];

function work(ref: Ref, file: string): string {
  return join(node.stateDir, "jobs", folderName(ref), "work", file);
}

function finish(ref: Ref): void {
  writeFileSync(work(ref, "end"), "");
}

const runs = (ref: Ref) => contentOf(work(ref, "runs"));

test.each([false, true])(
  "a running job outlives the process and is adopted (journal lost: %s)",
  async (loseJournal) => {
    const ref = await node.run(UNTIL_TOLD);
    await node.told(ref, "started");
    await node.crash({ loseJournal });
    await node.boot();
    expect(node.agent.status()).toMatchObject({ journalLost: loseJournal, jobs: [{ ref, phase: "running" }] });
    node.link.welcome(node.agent, [{ ref, verdict: "keep" }]);
    finish(ref);
    expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
    expect(runs(ref)).toBe("run\n");
  },
);

test.each([false, true])(
  "an exit while the process was down is told with its code (journal lost: %s)",
  async (loseJournal) => {
    const ref = await node.run(UNTIL_TOLD);
    await node.told(ref, "started");
    await node.crash({ loseJournal });
    finish(ref);
    await node.engine.wait(refName(ref), AbortSignal.timeout(10_000));
    await node.boot();
    node.link.welcome(node.agent, [{ ref, verdict: "go" }]);
    expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
    expect(runs(ref)).toBe("run\n");
  },
);

test.each([false, true])(
  "a job that ran before a reboot is lost and not started again (journal lost: %s)",
  async (loseJournal) => {
    const ref = await node.run(UNTIL_TOLD);
    await node.told(ref, "started");
    await eventually(() => runs(ref) === "run\n");
    await node.crash({ loseJournal });
    await node.reboot();
    await node.boot();
    node.link.welcome(node.agent, [{ ref, verdict: "go" }]);
    const lost = { cause: "lost", reason: "machine_restarted", exitCode: null };
    expect(await node.told(ref, "exited")).toMatchObject(lost);
    expect(runs(ref)).toBe("run\n");
  },
);

test("a job outlives the death of Podman's service, and its end is told when the service is back", async () => {
  const ref = await node.run(UNTIL_TOLD);
  await node.told(ref, "started");
  await service.kill();
  await eventually(() => node.agent.status().podman === "away");
  expect(node.agent.status()).toMatchObject({ closed: { code: "podman" }, jobs: [{ phase: "running" }] });
  finish(ref);
  await service.restart();
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
  expect(runs(ref)).toBe("run\n");
});

test("a job goes on under another version of Podman, which is tried before it gets the next one", async () => {
  const gate = await PodmanGate.start(join(service.folder, "gate.sock"), service.socketPath);
  onTestFinished(() => gate.stop());
  await node.end();
  node = await RealNode.make(service, { socketPath: gate.socketPath });
  const from = node.agent.status().podmanVersion;
  const ref = await node.run(UNTIL_TOLD);
  await node.told(ref, "started");
  await service.kill();
  gate.version = "99.0.0";
  await service.restart();
  await eventually(() => node.agent.status().podmanVersion === "99.0.0" && node.agent.status().closed === null);
  expect(node.agent.status().podmanChange).toMatchObject({ from, to: "99.0.0" });
  expect(node.tells("podman.proven")).toEqual([{ version: "99.0.0", isTried: true }]);
  finish(ref);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
  expect(runs(ref)).toBe("run\n");
  const next = await node.run(["true"], {}, "78");
  expect(await node.told(next, "exited")).toMatchObject({ cause: "exit", exitCode: 0 });
});

test("a running job whose state folder is lost is foreign, and taken up when the runner is told to", async () => {
  const ref = await node.run(UNTIL_TOLD);
  await node.told(ref, "started");
  await node.crash({ loseState: true });
  await node.boot();
  expect(node.agent.status()).toMatchObject({ jobs: [], foreign: [refName(ref)] });
  await node.crash();
  node.adoptForeign = true;
  await node.boot();
  expect(node.agent.status()).toMatchObject({ jobs: [{ ref, phase: "running" }], foreign: [] });
  node.link.welcome(node.agent, [{ ref, verdict: "keep" }]);
  finish(ref);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
  expect(runs(ref)).toBe("run\n");
});

test("what a lost state folder has left is listed by clean, and removed when that is meant", async () => {
  const [over, running] = [await node.run(["true"]), await node.run(UNTIL_TOLD, {}, "78")];
  await node.told(over, "exited");
  await node.told(running, "started");
  await node.crash({ loseState: true });
  await node.boot();
  writeIdentity(node.stateDir, anIdentity("https://gateway.example"));
  const clean = async (...flags: string[]) => {
    const where = ["--state-dir", node.stateDir, "--podman-socket", service.socketPath];
    const { code, stdout } = await callNode(["runner/cli.ts", "clean", "--json", ...where, ...flags]);
    const left: { name: string; outcome: string }[] = JSON.parse(stdout);
    return { code, left: Object.fromEntries(left.map(({ name, outcome }) => [name, outcome])) };
  };
  const kept = { [refName(running)]: "kept" };
  expect(await clean()).toEqual({ code: 0, left: { [refName(over)]: "would be removed", ...kept } });
  expect(await node.exists(over)).toBe(true);
  expect(await clean("--yes")).toEqual({ code: 0, left: { [refName(over)]: "removed", ...kept } });
  expect([await node.exists(over), await node.exists(running)]).toEqual([false, true]);
  expect(await clean("--yes", "--running")).toEqual({ code: 0, left: { [refName(running)]: "removed" } });
  expect(await node.exists(running)).toBe(false);
});

test("a container that something else removed is told as vanished", async () => {
  const ref = await node.run(UNTIL_TOLD);
  await node.told(ref, "started");
  await node.crash();
  await node.engine.remove(refName(ref));
  await node.boot();
  node.link.welcome(node.agent, [{ ref, verdict: "resend" }]);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "lost", reason: "vanished" });
});

test("a job whose process and supervisor were killed is lost, although Podman calls it running", async () => {
  const ref = await node.run(UNTIL_TOLD);
  await node.told(ref, "started");
  await node.crash();
  node.killContainers();
  await node.boot();
  node.link.welcome(node.agent, [{ ref, verdict: "keep" }]);
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "lost", reason: "supervisor_killed", exitCode: null });
});
