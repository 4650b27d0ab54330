/** A node on real Podman whose process, Podman service, conmon or whole machine dies under its jobs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderName, type Ref, refName } from "../../../shared/ids.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { eventually, RealNode } from "../../support/real-node.ts";

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

const runs = (ref: Ref) => readFileSync(work(ref, "runs"), "utf8");

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
