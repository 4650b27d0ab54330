/** What the gateway without Cloudflare is called with; a mistake is named, and nothing is guessed. */
import { expect, test } from "vitest";
import { shipped } from "../../../../scripts/deploy/site-file.ts";
import { readFlags } from "../../../../scripts/gateway/flags.ts";
import { readSettings } from "../../../../scripts/gateway/settings.ts";
import { workerdConfig } from "../../../../scripts/gateway/workerd-config.ts";

const serve = ["--state", "/s", "--port", "80"];

test("what is not given is left to the gateway", () => {
  expect(readFlags(serve)).toEqual({ verb: "serve", stateDir: "/s", port: 80, trusted: [] });
  expect(readFlags([...serve, "--trust-forwarded", "127.0.0.1, ::1"])).toMatchObject({ trusted: ["127.0.0.1", "::1"] });
  expect(readFlags(["backup", "--state", "/s", "--to", "/c"])).toEqual({
    verb: "backup",
    stateDir: "/s",
    copyDir: "/c",
  });
});

test.each([
  [["--port", "80"], "--state"],
  [["--state", "/s"], "--port"],
  [["--state", "/s", "--port", "http"], "--port"],
  [["--state", "/s", "--port", "70000"], "--port"],
  [[...serve, "--to", "/c"], "--to"],
  [["backup", "--state", "/s"], "--to"],
  [["backup", "--to", "/c", ...serve], "--port"],
  [["restore", ...serve], "restore"],
  [[...serve, "--admin-token", "x"], "--admin-token"],
])("%j is refused by name", (args, name) => {
  expect(() => readFlags(args)).toThrow(name);
});

test("a setting that is missing or wrong is named, and its value is not shown", () => {
  expect(() => readSettings(undefined, { UCLOUD_URL: "hunter2" })).toThrow(/PROVIDER_ID.*UCLOUD_URL.*ADMIN_TOKEN/);
  expect(() => readSettings(undefined, { UCLOUD_URL: "hunter2" })).not.toThrow(/hunter2/);
});

test("workerd's configuration has the shipped objects, limits and date, and of settings their names alone", () => {
  const config = workerdConfig(shipped(), ["ADMIN_TOKEN"]);
  expect(config).toContain('compatibilityDate = "2026-10-01"');
  expect(config).toContain('(className = "JobQueue", uniqueKey = "ucloud-edge-JobQueue", enableSql = true)');
  expect(config).toContain('(name = "ENROLL_LIMIT", json = "{\\"limit\\":30,\\"period\\":60}")');
  expect(config).toContain('(name = "ADMIN_TOKEN", fromEnvironment = "ADMIN_TOKEN")');
});
