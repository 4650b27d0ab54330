/**
 * The doctor on a real machine: everything is tried and well; what is broken is named; and nothing of it is left behind,
 * however it ends.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import type { Finding } from "../../../runner/doctor/finding.ts";
import { isLeftOver } from "../../../runner/doctor/leftovers.ts";
import { PROBE_LABEL } from "../../../runner/engine/labels.ts";
import { JOB_USER } from "../../support/engine.ts";
import { askPodman, importTestImage } from "../../support/podman-service.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";
import { TEST_IMAGE } from "../../support/test-image.ts";

const CDI_FOLDER = "/var/run/cdi";
const VENDOR = `doctor${process.pid}.ucloud-edge.org`;
const CDI_FILE = `${CDI_FOLDER}/${VENDOR}.json`;
const GPU = `${VENDOR}/gpu`;
const as = `${JOB_USER.uid}:${JOB_USER.gid}`;

let registry: SlowRegistry;
const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  return { insecureRegistry: registry.host };
});

beforeAll(() => {
  mkdirSync(CDI_FOLDER, { recursive: true });
  // What every container has, under other names: one for everybody, and one for root alone.
  const device = (name: string, fileMode: number) => {
    const node = { path: `/dev/toy-${name}`, type: "c", major: 1, minor: 5, fileMode, uid: 0, gid: 0 };
    return { name, containerEdits: { deviceNodes: [node] } };
  };
  const devices = [device("open", 0o666), device("shut", 0o600)];
  writeFileSync(CDI_FILE, JSON.stringify({ cdiVersion: "0.3.0", kind: GPU, devices }));
});

afterAll(async () => {
  rmSync(CDI_FILE, { force: true });
  await registry.stop();
});

function aFolder(name: string, mode: number, owner = 0): string {
  const folder = join(site().folder, name);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, owner, owner);
  chmodSync(folder, mode);
  return folder;
}

async function whatItSays(
  runner: RunnerProcess,
  ...flags: string[]
): Promise<{ code: number | null; said: Finding[] }> {
  const { code, lines } = await runner.run("doctor", "--json", ...flags);
  return { code, said: JSON.parse(lines.join("\n")) };
}

const imagesSchema = z.array(z.object({ RepoTags: z.array(z.string()).nullish() }));

async function expectNothingLeft(): Promise<void> {
  const { socketPath } = site().podman;
  expect((await askPodman(socketPath, "GET", "/containers/json?all=true")).body.trim()).toBe("[]");
  const images = imagesSchema.parse(JSON.parse((await askPodman(socketPath, "GET", "/images/json")).body));
  expect(images.flatMap(({ RepoTags }) => RepoTags)).toEqual([TEST_IMAGE]);
  expect(readdirSync(tmpdir()).filter(isLeftOver)).toEqual([]);
}

test("a machine that is well: everything was tried", async () => {
  const drives = { 1: { folder: aFolder("own", 0o700, JOB_USER.uid) } };
  const flags = ["--job-user", as, "--gpus", `${GPU}=open`, "--drives", JSON.stringify(drives)];
  const runner = await site().runner("node-1", { flags });
  const image = `${registry.host}/acme/doctor:1`;
  const { code, said } = await whatItSays(runner, "--image", image);
  // Only Cloudflare's own servers say the time.
  expect(said.filter(({ ok, skipped }) => !ok || skipped)).toMatchObject([{ check: "clock", skipped: true }]);
  expect(code).toBe(0);
  const found = Object.fromEntries(said.map((one) => [one.check, one.found]));
  expect(found).toMatchObject({
    ...{ name: "127.0.0.1 is at 127.0.0.1", proxy: "none for the gateway", gateway: `${site().gateway.url} answers` },
    ...{ websocket: "passes", enrolled: "node-1", line: "example-compute: opens" },
    ...{ limits: "of memory, processes and cores hold", "user-mapping": `${as}, inside and outside` },
    ...{ drives: `1: usable as ${as}`, gpus: `${GPU}=open: /dev/toy-open` },
    ...{ registry: `${image} was pulled, and removed`, templates: "can be rendered" },
  });
  await expectNothingLeft();
});

test("one that is told to stop takes away what it made", async () => {
  const runner = site().newRunner("node-2", { flags: ["--job-user", as] });
  const asked = registry.hold();
  const stopped = runner.begin("doctor", "--image", `${registry.host}/acme/doctor:2`);
  await asked;
  // Nobody is enrolled there.
  expect(await stopped.terminate()).toBe(2);
  registry.open();
  await expectNothingLeft();
});

/** What one leaves that is killed while its container runs. Its number is beyond the kernel's largest. */
async function leaveBehind(): Promise<void> {
  const image = "localhost/ucloud-doctor:4194305";
  const name = `ucloud-doctor-4194305-${"0".repeat(16)}`;
  await importTestImage(site().podman, image);
  const container = {
    name,
    image,
    command: ["true"],
    labels: { [PROBE_LABEL]: "doctor-4194305" },
    netns: { nsmode: "none" },
  };
  const body = Buffer.from(JSON.stringify(container));
  const made = await askPodman(site().podman.socketPath, "POST", "/containers/create", body, "application/json");
  expect(made.status).toBe(201);
  mkdirSync(join(tmpdir(), name));
}

test("a machine with faults: each is told with what to do; and what a killed doctor has left is gone", async () => {
  await leaveBehind();
  const shut = aFolder("shut", 0o700);
  const open = aFolder("open", 0o755);
  const drives = {
    ...{ 1: { folder: shut }, 2: { folder: open }, 3: { folder: aFolder("read", 0o755), readOnly: true } },
    "*": { folder: aFolder("all", 0o755) },
  };
  aFolder("all/6", 0o700, JOB_USER.uid);
  const gpus = ["--gpus", `${GPU}=shut,${GPU}=gone`];
  const runner = await site().runner("node-3", {
    flags: ["--job-user", as, ...gpus, "--drives", JSON.stringify(drives)],
  });
  const { code, said } = await whatItSays(runner, "--image", TEST_IMAGE);
  expect(code).toBe(1);
  const of = (check: string) => said.filter((one) => one.check === check).map(({ ok, found }) => ({ ok, found }));
  expect(of("drives")).toEqual([
    { ok: false, found: `1: cannot be listed as ${as}` },
    { ok: false, found: `2: cannot be written as ${as}` },
    { ok: true, found: `3: usable as ${as}` },
    { ok: true, found: `6: usable as ${as}` },
  ]);
  expect(of("gpus")).toEqual([
    { ok: false, found: `${GPU}=shut: the job's user cannot open /dev/toy-shut` },
    { ok: false, found: expect.stringContaining(`${GPU}=gone: `) },
  ]);
  expect(of("registry")).toEqual([{ ok: false, found: `${TEST_IMAGE}: no registry has it` }]);
  const wrong = said.filter(({ ok }) => !ok);
  expect([...new Set(wrong.map(({ check }) => check))]).toEqual(["drives", "gpus", "registry"]);
  expect(wrong.filter(({ advice }) => advice === "")).toEqual([]);
  expect([shut, open].flatMap((folder) => readdirSync(folder))).toEqual([]);
  await expectNothingLeft();
});
