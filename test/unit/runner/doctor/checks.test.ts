/** What the doctor tries, in which order, and what it leaves out where something before it failed. */
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { exitCodeOf, runChecks } from "../../../../runner/doctor/checks.ts";
import { checkName } from "../../../../runner/doctor/name.ts";
import { UsageError } from "../../../../runner/usage-error.ts";
import { aCommand, anExamination, enrolledAt, examine } from "../../../support/runner/doctor.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";
import { aWebServer } from "../../../support/runner/web-server.ts";

/** The way to the gateway, in order. */
const WAY = ["name", "proxy", "tls", "gateway", "clock", "websocket"];

describe("what is tried", () => {
  test("everything has its word, in order; what failed is told once, and what follows from it in one line each", async () => {
    const findings = await examine();
    expect(findings.map(({ check }) => check)).toEqual([
      ...[...WAY, "enrolled", "line", "podman", "storage", "init", "cgroups", "machine", "job-user", "jobs-dir"],
      ...["container", "limits", "user-mapping", "drives", "networks", "disk", "state-folder", "gpus", "registry"],
      "templates",
    ]);
    const said = (check: string) => findings.find((one) => one.check === check);
    expect(said("enrolled")?.ok).toBe(false);
    expect(said("line")).toEqual({
      ...{ check: "line", ok: true, skipped: true },
      ...{ found: "not tried without enrolled", advice: "" },
    });
    expect(said("podman")?.ok).toBe(false);
    expect(said("container")).toMatchObject({ skipped: true, found: "not tried without podman" });
    expect(said("limits")).toMatchObject({ skipped: true, found: "not tried without container" });
  });

  test("before the enrolment the way to the gateway is tried if somebody names one", async () => {
    expect(await checkName(anExamination())).toMatchObject([
      { skipped: true, advice: expect.stringContaining("--gateway URL") },
    ]);
    const server = await aWebServer(({ path }) => ({ status: path === "/healthz" ? 200 : 404, body: "{}" }));
    const findings = await examine({ flags: { gateway: server.url } });
    const way = findings.filter(({ check }) => WAY.includes(check));
    expect(way.map(({ ok, skipped }) => [ok, skipped])).toEqual(WAY.map(() => [true, undefined]));
    expect(findings.find(({ check }) => check === "enrolled")?.ok).toBe(false);
  });

  test("what is no address of a gateway is refused", async () => {
    await expect(examine({ flags: { gateway: "gateway.example.org" } })).rejects.toThrow(UsageError);
  });

  test("a damaged identity is a finding, not the end of the examination", async () => {
    const stateDir = aStateFolder();
    writeFileSync(join(stateDir, "identity.json"), "{");
    const findings = await examine({ stateDir });
    expect(findings.find(({ check }) => check === "enrolled")).toMatchObject({
      ok: false,
      advice: expect.stringContaining("--replace"),
    });
    expect(findings.at(-1)?.check).toBe("templates");
  });

  test("who is told to stop tells what was found until then", async () => {
    const stop = new AbortController();
    const server = await aWebServer(() => {
      stop.abort();
      return { status: 200, body: "{}" };
    });
    const told: string[] = [];
    const command = aCommand({ stateDir: enrolledAt(server.url) });
    const findings = await runChecks(command, stop.signal, ({ check }) => told.push(check));
    expect(findings.map(({ check }) => check)).toEqual(["name", "proxy", "tls"]);
    expect(told).toEqual(["name", "proxy", "tls"]);
  });

  test("a Podman that breaks off is a finding, and what needs it is left out", async () => {
    // It says who it is, once, and then nothing sensible.
    const podmanSocket = join(aStateFolder(), "podman.sock");
    const info = {
      ...{ host: { arch: "amd64", security: { rootless: false } }, store: { graphRoot: "/nowhere" } },
      version: { Version: "4.3.1" },
    };
    const answers = ["{}", JSON.stringify(info)];
    const server = createServer((_request, response) => response.end(answers.shift() ?? "nonsense"));
    onTestFinished(() => void server.close());
    await once(server.listen(podmanSocket), "listening");
    const findings = await runChecks({ ...aCommand(), podmanSocket }, new AbortController().signal);
    const said = (name: string) => findings.find(({ check }) => check === name);
    expect(said("podman")).toMatchObject({ ok: true, found: expect.stringContaining("4.3.1, rootful") });
    for (const check of ["storage", "container"]) {
      expect(said(check)).toMatchObject({ ok: false, found: expect.stringContaining("container engine") });
    }
    expect(said("limits")).toMatchObject({ skipped: true, found: "not tried without container" });
    expect(findings.at(-1)?.check).toBe("templates");
  });

  test("the doctor changes nothing", async () => {
    const server = await aWebServer(() => ({ status: 200, body: "{}" }));
    const stateDir = enrolledAt(server.url);
    await examine({ stateDir });
    expect(readdirSync(stateDir)).toEqual(["identity.json"]);
  });
});

describe("the exit code", () => {
  const well = { ok: true, found: "", advice: "" };
  const wrong = { ok: false, found: "", advice: "do" };
  test.each([
    [0, "all is well, or could be better", [{ check: "podman", ...well, advice: "do" }]],
    [0, "what was not tried is nobody's fault", [{ check: "tls", ...well, skipped: true as const }]],
    [
      1,
      "the machine has a fault",
      [
        { check: "podman", ...wrong },
        { check: "line", ...well },
      ],
    ],
    [1, "a wrong clock does not keep it from its gateway", [{ check: "clock", ...wrong }]],
    [
      2,
      "there is no line",
      [
        { check: "podman", ...wrong },
        { check: "line", ...wrong },
      ],
    ],
    [2, "nobody is enrolled", [{ check: "enrolled", ...wrong }]],
  ])("is %d: %s", (code, _, findings) => {
    expect(exitCodeOf(findings)).toBe(code);
  });
});
