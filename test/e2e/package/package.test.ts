/**
 * The package as an administrator meets it: installed from the file, enrolled, upgraded with a job running, removed with
 * one, and as configuration management and first boots install it. Beside it that whoever builds it gets the same bytes.
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { BareMachine } from "../../support/bare-machine.ts";
import type { Child } from "../../support/child.ts";
import { readUserData } from "../../support/cloud-init.ts";
import { eventually } from "../../support/eventually.ts";
import { running } from "../../support/job-steps.ts";
import { containersOf } from "../../support/podman-containers.ts";
import { callNode, PROJECT } from "../../support/runner/cli.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY } from "../../support/site.ts";

const UNIT = "/usr/lib/systemd/system/ucloud-runner.service";
const CONFIG = "/etc/ucloud-runner/config.json";
const MAKING_MS = 180_000;

const folder = mkdtempSync(join(tmpdir(), "ucloud-edge-packages-"));
const [first, again, second] = ["first", "again", "second"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

async function make(out: string, revision: string, environment: Record<string, string> = {}): Promise<void> {
  const args = ["scripts/package.ts", out, "--level", "1", "--revision", revision];
  const { code, stderr } = await callNode(args, environment);
  expect([code, stderr]).toEqual([0, ""]);
}

beforeAll(async () => {
  await make(first, "1");
  await make(second, "2");
}, MAKING_MS);
afterAll(() => rmSync(folder, { recursive: true }));

function debIn(out: string): string {
  return join(out, readdirSync(out).find((name) => name.endsWith(".deb")) ?? "none");
}

describe("the files", () => {
  test(
    "whoever builds, wherever and whenever, gets the same bytes",
    async () => {
      const mask = process.umask(0o077);
      try {
        await make(again, "1", { TZ: "Asia/Tokyo", LC_ALL: "C", TMPDIR: folder });
      } finally {
        process.umask(mask);
      }
      const names = readdirSync(first);
      expect(names).toHaveLength(3);
      expect(readdirSync(again)).toEqual(names);
      for (const name of names) {
        expect(readFileSync(join(again, name)).equals(readFileSync(join(first, name))), name).toBe(true);
      }
      expect(execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: first, encoding: "utf8" })).toMatch(
        /^(.*: OK\n){2}$/,
      );
    },
    MAKING_MS,
  );

  test("package and archive hold the same, all of it root's, and say whose software they carry", () => {
    const archive = join(first, readdirSync(first).find((name) => name.endsWith(".tar.gz")) ?? "none");
    const inArchive = listing(execFileSync("tar", ["--list", "--verbose", "--file", archive]));
    expect(listing(execFileSync("dpkg-deb", ["--contents", debIn(first)]))).toEqual(inArchive);
    expect(inArchive.filter((line) => !/^[-d]rw[x-]r-[x-]r-[x-] root\/root /.test(line))).toEqual([]);
    const notices = execFileSync("tar", ["-xOf", archive, "./usr/share/doc/ucloud-runner/copyright"]).toString();
    for (const name of ["Node.js 24", "ws 8", "zod 4", "pino 10", "minijinja-js 2", "prom-client"]) {
      expect(notices).toContain(name);
    }
  });
});

/** Mode, owner and name. */
function listing(output: Buffer): string[] {
  const lines = output.toString().trim().split("\n");
  return lines.map((line) => {
    const [mode, owner, , , , name] = line.split(/\s+/);
    // One of them has names beside the numbers.
    return `${mode} ${owner === "0/0" ? "root/root" : owner} ${name}`;
  });
}

describe("on a machine", () => {
  const site = sharedSite();
  let machine: BareMachine;

  beforeAll(async () => {
    machine = await BareMachine.start();
  });
  afterAll(() => machine.stop());

  /** Its state folder is the machine's own; Podman is the site's and must see the folders of jobs. */
  function settingsFor(name: string) {
    const { jobsDir } = site().newRunner(name);
    mkdirSync(jobsDir, { recursive: true });
    return { "podman-socket": site().podman.socketPath, "jobs-dir": jobsDir, "min-free-disk": 0, cpu: 2 };
  }

  async function purge(): Promise<void> {
    await machine.must("env", "UCLOUD_RUNNER_PURGE_STATE=yes", "dpkg", "--purge", "ucloud-runner");
    await machine.askedOfSystemd();
  }

  /** As systemd would, by the unit that is installed. */
  async function startRunner(): Promise<Child> {
    const command = /^ExecStart=(.*)$/m.exec(await machine.read(UNIT))?.[1]?.split(" ") ?? [];
    const runner = machine.launch(...command);
    await runner.line((line) => line.includes('"msg":"welcome"'));
    return runner;
  }

  test("it is installed, works, and is upgraded and removed without a word to its jobs", async () => {
    await machine.must("dpkg", "--no-triggers", "--install", debIn(first));
    expect(await machine.askedOfSystemd()).toEqual(["daemon-reload", "try-restart ucloud-runner.service"]);
    expect(await machine.must("getent", "passwd", "ucloud-runner")).toContain("/usr/sbin/nologin");
    expect(await machine.read("/etc/subuid")).toMatch(/^ucloud-runner:\d+:65536$/m);
    expect(await machine.must("stat", "--format=%a %U", "/var/lib/ucloud-runner")).toBe("700 root");
    await machine.must("dpkg", "--verify", "ucloud-runner");
    // Not every machine keeps manual pages.
    await machine.must("systemd-analyze", "verify", "--man=no", UNIT);

    const settings = JSON.stringify(settingsFor("packaged"));
    await machine.must("sh", "-c", `echo '${settings}' > ${CONFIG}`);
    const code = await site().admin.enrollmentCode("packaged", [CATEGORY]);
    await machine.must("ucloud-runner", "enroll", "--gateway", site().gateway.url, "--code", code);
    const before = await startRunner();
    const upgraded = await running(site());

    await machine.must("dpkg", "--no-triggers", "--install", debIn(second));
    expect(await machine.askedOfSystemd()).toEqual(["daemon-reload", "try-restart ucloud-runner.service"]);
    expect(before.isRunning).toBe(true);
    expect(await machine.read(CONFIG)).toContain(settings);
    expect(await before.terminate()).toBe(0);
    const after = await startRunner();
    await eventually("the new runner has taken the job up", async () =>
      (await machine.run("ucloud-runner", "status")).text.includes(upgraded.id) ? true : null,
    );
    upgraded.end();
    await upgraded.reaches("SUCCESS");
    expect(upgraded.starts()).toBe(1);

    const job = await running(site());
    await machine.must("dpkg", "--no-triggers", "--remove", "ucloud-runner");
    expect(await machine.askedOfSystemd()).toEqual(["stop ucloud-runner.service", "daemon-reload"]);
    expect(await after.terminate()).toBe(0);
    expect(await containersOf(site().podman, job.id)).toEqual(["running"]);
    expect(await machine.read(CONFIG)).toContain(settings);

    // Who changes his mind finds everything as it was.
    await machine.must("dpkg", "--no-triggers", "--install", debIn(second));
    const last = await startRunner();
    job.end();
    await job.reaches("SUCCESS");
    expect(job.starts()).toBe(1);
    await last.terminate();

    await machine.must("dpkg", "--no-triggers", "--purge", "ucloud-runner");
    expect((await machine.run("test", "-e", CONFIG)).code).toBe(1);
    expect(await machine.read("/var/lib/ucloud-runner/identity.json")).toContain("packaged");
    await machine.must("dpkg", "--no-triggers", "--install", debIn(second));
    await purge();
    expect((await machine.run("test", "-e", "/var/lib/ucloud-runner")).code).toBe(1);
  }, 180_000);

  test("the Ansible role makes a runner of it by the key that it brings, and changes nothing the second time", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    writeFileSync(join(folder, "key.pem"), privateKey);
    await site().admin.post("/admin/enrollments", { name: "ansible", categories: [CATEGORY], publicKey });
    cpSync(join(PROJECT, "packaging/ansible"), join(folder, "ansible"), { recursive: true });
    const given = {
      ...{ ucloud_runner_package: debIn(first), ucloud_runner_gateway: site().gateway.url },
      ...{ ucloud_runner_name: "ansible", ucloud_runner_key: join(folder, "key.pem") },
      ucloud_runner_settings: settingsFor("ansible"),
    };
    const play = [
      ...["ansible-playbook", "--inventory", "localhost,", "--connection", "local"],
      ...["--extra-vars", JSON.stringify({ ...given, ansible_become: false }), join(folder, "ansible/playbook.yml")],
    ];
    const run = () => machine.must("env", "HOME=/root", "LC_ALL=C.UTF-8", ...play);
    expect(await run()).toMatch(/changed=[1-9].* failed=0/);
    const unit = "ucloud-runner";
    expect((await machine.askedOfSystemd()).slice(-3)).toEqual([`enable ${unit}`, `start ${unit}`, `restart ${unit}`]);
    expect(await run()).toMatch(/changed=0 .* failed=0/);
    expect(await machine.askedOfSystemd()).toEqual([]);
    await (await startRunner()).terminate();
    await purge();
  }, 180_000);

  test("the cloud-init example makes a runner of it at the first boot, by a code for many", async () => {
    const given = { namePattern: "*", uses: 2, categories: [CATEGORY] };
    const { body } = await site().admin.post("/admin/enrollments", given);
    const text = readFileSync(join(PROJECT, "packaging/cloud-init.yaml"), "utf8")
      .replace(/"https:.*\.deb"/, JSON.stringify(`file://${debIn(first)}`))
      .replace("PACKAGE_SHA256", execFileSync("sha256sum", [debIn(first)], { encoding: "utf8" }).slice(0, 64))
      .replace('"https://ucloud.example.org"', JSON.stringify(site().gateway.url))
      .replace("ENROLMENT_CODE", z.object({ code: z.string() }).parse(body).code);
    const { files, script } = readUserData(text);
    for (const { path, content } of files) {
      await machine.must("sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "sh", path, content);
    }
    await machine.must("sh", "-c", script);
    expect((await machine.askedOfSystemd()).at(-1)).toBe("enable --now ucloud-runner");
    expect(await machine.read(CONFIG)).toContain("min-free-disk");
    await (await startRunner()).terminate();
  }, 180_000);
});
