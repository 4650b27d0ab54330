/** What the doctor finds, and what it says to do about it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Command } from "../../../runner/commands/command.ts";
import { readSettings } from "../../../runner/config.ts";
import { type Finding, runChecks } from "../../../runner/doctor.ts";
import { writeIdentity } from "../../../runner/identity.ts";
import { anIdentity } from "../../support/runner/connection-under-test.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";
import { aWebServer } from "../../support/runner/web-server.ts";

function aCommand(flags: Record<string, string> = {}, stateDir = aStateFolder()): Command {
  const settings = readSettings(stateDir, { "job-user": "1000:1000", ...flags }, {});
  return { stateDir, settings, podmanSocket: "/nowhere/podman.sock", flags: {}, environment: {} };
}

function enrolledAt(gateway: string): string {
  const folder = aStateFolder();
  writeIdentity(folder, anIdentity(gateway));
  return folder;
}

async function finding(check: string, command: Command): Promise<Finding | undefined> {
  return (await runChecks(command)).find((one) => one.check === check);
}

describe("enrolment and gateway", () => {
  test("nothing enrolled: the gateway cannot be asked, everything else is", async () => {
    const checks = (await runChecks(aCommand())).map(({ check, ok }) => ({ check, ok }));
    expect(checks[0]).toEqual({ check: "enrolled", ok: false });
    expect(checks.map(({ check }) => check)).toEqual([
      ...["enrolled", "podman", "init", "cgroups", "machine", "job-user", "jobs-dir", "disk"],
      ...["state-folder", "networks", "templates"],
    ]);
  });

  test("a damaged identity is a finding, not the end of the examination", async () => {
    const stateDir = aStateFolder();
    writeFileSync(join(stateDir, "identity.json"), "{");
    const findings = await runChecks(aCommand({}, stateDir));
    expect(findings[0]).toMatchObject({ check: "enrolled", ok: false, advice: expect.stringContaining("--replace") });
    expect(findings.at(-1)?.check).toBe("templates");
  });

  test("a gateway that answers with our time", async () => {
    const server = await aWebServer(() => ({ status: 200, body: "{}" }));
    const findings = await runChecks(aCommand({}, enrolledAt(server.url)));
    expect(findings.slice(0, 3)).toEqual([
      { check: "enrolled", ok: true, found: "node-1", advice: "" },
      { check: "gateway", ok: true, found: `${server.url} answers`, advice: "" },
      { check: "clock", ok: true, found: "agrees with the gateway's", advice: "" },
    ]);
    expect(server.requests[0]).toEqual({ method: "GET", path: "/healthz", body: "" });
  });

  test("a gateway that is not well", async () => {
    const server = await aWebServer(() => ({ status: 503, body: "{}" }));
    const found = await finding("gateway", aCommand({}, enrolledAt(server.url)));
    expect(found).toMatchObject({ ok: false, found: `${server.url} answers 503` });
  });

  test.each([
    [50_000, true],
    [-50_000, true],
    [70_000, false],
    [-3_600_000, false],
  ])("a clock that is %d ms from the gateway's is well: %s", async (offMs, ok) => {
    const date = () => new Date(Date.now() + offMs).toUTCString();
    const server = await aWebServer(() => ({ status: 200, body: "{}", headers: { Date: date() } }));
    const clock = await finding("clock", aCommand({}, enrolledAt(server.url)));
    expect(clock?.ok).toBe(ok);
    expect(clock?.advice === "").toBe(ok);
  });

  test("a gateway that does not answer says nothing about the clock", async () => {
    const findings = await runChecks(aCommand({}, enrolledAt("http://127.0.0.1:1")));
    expect(findings.find(({ check }) => check === "gateway")?.ok).toBe(false);
    expect(findings.map(({ check }) => check)).not.toContain("clock");
  });
});

describe("the machine", () => {
  test("Podman that does not answer: how to start it", async () => {
    const podman = await finding("podman", aCommand());
    expect(podman).toMatchObject({ ok: false, found: "no answer at /nowhere/podman.sock" });
    expect(podman?.advice).toContain("podman.socket");
  });

  test.each([
    ["machine", { cpu: "100000" }, "cpu: "],
    ["machine", { memory: "1000TiB" }, "memory: "],
    ["job-user", { "job-user": "0:0" }, "job-user: "],
    ["disk", { "min-free-disk": "1000000TiB" }, ""],
  ])("%s cannot be as the settings %j say: the setting is named", async (check, flags, found) => {
    const bad = await finding(check, aCommand(flags));
    expect(bad).toMatchObject({ ok: false, found: expect.stringContaining(found) });
    expect(bad?.advice).not.toBe("");
  });

  test("settings that fit are told as what jobs get", async () => {
    const command = aCommand({ cpu: "1", memory: "100MiB", reserve: "0", "min-free-disk": "0" });
    expect(await finding("machine", command)).toMatchObject({ ok: true, found: "1 cores, 0.1 GiB, 0 GPUs for jobs" });
    expect(await finding("job-user", command)).toMatchObject({ ok: true, found: "1000:1000" });
    expect(await finding("disk", command)).toMatchObject({ ok: true });
  });
});

describe("the state folder", () => {
  test("where jobs can fill it the doctor says so, and nothing is wrong", async () => {
    expect(await finding("state-folder", aCommand())).toMatchObject({
      ok: true,
      found: expect.stringContaining("shares its file system with jobs"),
      advice: expect.stringContaining("the journal's room"),
    });
  });

  test("with a file system of its own all is well", async () => {
    const elsewhere = mkdtempSync("/dev/shm/ucloud-jobs-");
    const found = await finding("state-folder", aCommand({ "jobs-dir": elsewhere }));
    rmSync(elsewhere, { recursive: true });
    expect(found).toMatchObject({ ok: true, found: expect.stringContaining("of its own"), advice: "" });
  });
});

describe("jobs' networks", () => {
  test("what is missing for them, and what to do", async () => {
    const networks = await finding("networks", aCommand());
    expect(networks).toMatchObject({ ok: true, found: "none: Podman has not answered yet" });
    expect(networks?.advice).toContain("networks: none");
  });

  test("none is a choice", async () => {
    expect(await finding("networks", aCommand({ networks: "none" }))).toMatchObject({
      ok: true,
      found: "none, as set",
    });
  });
});

test("the doctor changes nothing", async () => {
  const server = await aWebServer(() => ({ status: 200, body: "{}" }));
  const command = aCommand({}, enrolledAt(server.url));
  await runChecks(command);
  expect(readdirSync(command.stateDir)).toEqual(["identity.json"]);
});
