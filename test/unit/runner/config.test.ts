/** Where a setting comes from, and what is said of a wrong one. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings, textGiven } from "../../../runner/config.ts";
import { environmentName, SETTING_NAMES } from "../../../runner/settings.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

function aFolderWith(config: unknown, name = "config.json"): string {
  const folder = aStateFolder();
  writeFileSync(join(folder, name), typeof config === "string" ? config : JSON.stringify(config));
  return folder;
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was not refused");
}

test("a flag beats the environment, which beats the file", () => {
  const folder = aFolderWith({ cpu: 1, memory: "1GiB", "job-user": "file" });
  const environment = { UCLOUD_RUNNER_CPU: "2", UCLOUD_RUNNER_MEMORY: "2GiB" };
  const settings = readSettings(folder, { cpu: "3" }, environment);
  expect(settings).toMatchObject({ cpu: 3, memory: 2 * 2 ** 30, "job-user": "file" });
});

test("an empty value is not given, wherever it stands", () => {
  const folder = aFolderWith({ "job-user": "", "auth-file": null, images: ["a/*"], cpu: 2 });
  const settings = readSettings(folder, { cpu: "", "default-registry": "" }, { UCLOUD_RUNNER_CPU: "" });
  expect(settings).toMatchObject({ cpu: 2, "default-registry": "docker.io", images: ["a/*"] });
  expect(settings["job-user"]).toBeUndefined();
  expect(settings["auth-file"]).toBeUndefined();
});

test("an empty flag leaves the word to the environment", () => {
  expect(textGiven("state-dir", { "state-dir": "" }, { UCLOUD_RUNNER_STATE_DIR: "/b" })).toBe("/b");
  expect(textGiven("state-dir", { "state-dir": "/a" }, { UCLOUD_RUNNER_STATE_DIR: "/b" })).toBe("/a");
  expect(textGiven("state-dir", {}, { UCLOUD_RUNNER_STATE_DIR: "" })).toBeUndefined();
});

test("another config file is named by flag or environment", () => {
  const folder = aFolderWith({ cpu: 1 });
  const other = join(aFolderWith({ cpu: 2 }, "other.json"), "other.json");
  expect(readSettings(folder, { config: other }, {}).cpu).toBe(2);
  expect(readSettings(folder, {}, { UCLOUD_RUNNER_CONFIG: other }).cpu).toBe(2);
  expect(readSettings(folder, { config: "" }, { UCLOUD_RUNNER_CONFIG: "" }).cpu).toBe(1);
});

test("no file in the state folder is no settings, a file that was asked for must be there", () => {
  const folder = aStateFolder();
  expect(readSettings(folder, {}, {}).cpu).toBeUndefined();
  const missing = join(folder, "missing.json");
  expect(refusal(() => readSettings(folder, { config: missing }, {}))).toContain("cannot be read");
});

test.each(["{", "[]", "3", '"text"'])("a config file with %s is refused without quoting it", (text) => {
  const folder = aFolderWith(text);
  expect(refusal(() => readSettings(folder, {}, {}))).toBe(
    `the config file ${join(folder, "config.json")} is not a JSON object`,
  );
});

test("a setting that is not known is refused by its name", () => {
  const folder = aFolderWith({ memroy: "secret-value" });
  expect(refusal(() => readSettings(folder, {}, {}))).toBe("memroy: there is no such setting");
  const nested = aFolderWith({ overcommit: { cpu: 2, gpu: 2 } });
  expect(refusal(() => readSettings(nested, {}, {}))).toBe("overcommit.gpu: there is no such setting");
  const misspelt = { UCLOUD_RUNNER_MEMROY: "secret-value" };
  expect(refusal(() => readSettings(aStateFolder(), {}, misspelt))).toBe(
    "UCLOUD_RUNNER_MEMROY: there is no such setting",
  );
});

test("what is not meant for the runner is left alone, and so is an empty variable", () => {
  const environment = { PATH: "/bin", UCLOUD_URL: "x", UCLOUD_RUNNER_STATE_DIR: "/x", UCLOUD_RUNNER_OLD: "" };
  expect(readSettings(aStateFolder(), {}, environment).cpu).toBeUndefined();
});

test.each(SETTING_NAMES)("%s can be set in the environment by the name that follows from it", (name) => {
  expect(environmentName(name)).toMatch(/^UCLOUD_RUNNER_[A-Z]+(_[A-Z]+)*$/);
});

test.each([
  ["cpu", "secret-value"],
  ["cpu", "0"],
  ["cpu", "-1"],
  ["memory", "secret-value"],
  ["allow-root", "secret-value"],
  ["overcommit", '{"cpu":"secret-value"}'],
  ["overcommit", "secret-value"],
  ["overcommit", '{"cpu":17}'],
  ["drives", '{"7":{"folder":"secret-value"}}'],
  ["drives", '{"7/..":{"folder":"/x"}}'],
  ["drives", '{"7":{"folder":"/x","umask":"secret-value"}}'],
  ["drives", '{"7":{"folder":"/x","gid":0}}'],
  ["drives", JSON.stringify({ "7": { folder: `/${"secret-value".repeat(3000)}` } })],
  ["metrics-port", "65536"],
  ["min-free-disk", "secret-value"],
  ["job-proxy", "http://secret-value:3128"],
  ["job-proxy", "http://u:secret-value@192.0.2.9:3128"],
  ["job-proxy", "socks5://192.0.2.9:1080#secret-value"],
])("%s = %s is refused with its name and never its value", (name, value) => {
  const said = refusal(() => readSettings(aStateFolder(), { [name]: value }, {}));
  expect(said.startsWith(name)).toBe(true);
  expect(said).not.toContain("secret-value");
});

test("every wrong setting is named at once", () => {
  const said = refusal(() => readSettings(aStateFolder(), { cpu: "x", memory: "y" }, {}));
  expect(said).toMatch(/cpu: .*; memory: /);
});

test("lists are separated by commas, blanks and empty ones do not count", () => {
  const settings = readSettings(aStateFolder(), { gpus: "a=0, a=1,", images: "docker.io/*" }, {});
  expect(settings).toMatchObject({ gpus: ["a=0", "a=1"], images: ["docker.io/*"] });
  expect(readSettings(aStateFolder(), { gpus: " , " }, {}).gpus).toEqual([]);
});

test("without a word of the operator nobody is root and 5 GiB of disk stay free", () => {
  expect(readSettings(aStateFolder(), {}, {})).toMatchObject({
    ...{ "allow-root": false, gpus: [], overcommit: { cpu: 1 }, "default-registry": "docker.io" },
    ...{ "min-free-disk": 5 * 2 ** 30, "log-cap": 2 ** 30 },
  });
});

test("a drive is a folder that jobs of all workspaces may write, unless it says otherwise", () => {
  const drives = '{"7":{"folder":"/srv/seven"},"*":{"folder":"/srv/all","readOnly":true,"umask":"027"}}';
  expect(readSettings(aStateFolder(), { drives }, {}).drives).toEqual({
    "7": { folder: "/srv/seven", readOnly: false, umask: "0007" },
    "*": { folder: "/srv/all", readOnly: true, umask: "027" },
  });
  expect(readSettings(aStateFolder(), {}, {}).drives).toEqual({});
});

describe("networks of jobs", () => {
  const read = (flags: Record<string, string>) => readSettings("/nowhere", flags, {});

  test("are the internet by default, with subnets of their own", () => {
    expect(read({})).toMatchObject({
      ...{ networks: ["internet"], "job-subnets": ["10.214.0.0/16"], "job-resolvers": [], deny: [] },
    });
  });

  test("are what is listed, or none", () => {
    expect(read({ networks: "site, internet", deny: "203.0.113.0/24,2001:db8::/32" })).toMatchObject({
      ...{ networks: ["internet", "site"], deny: ["203.0.113.0/24", "2001:db8::/32"] },
    });
    expect(read({ networks: "none" }).networks).toEqual([]);
  });

  test.each([
    ["networks", "host"],
    ["job-subnets", "10.214.0.0/29"],
    ["job-subnets", "10.214.0.1/16"],
    ["job-subnets", "fd00::/48"],
    ["job-resolvers", "127.0.0.53"],
    ["job-resolvers", "dns.example"],
    ["job-resolvers", "9.9.9.1,9.9.9.2,9.9.9.3,9.9.9.4"],
    ["deny", "203.0.113.1/24"],
    ["deny", "university"],
  ])("that cannot be are refused by the setting's name: %s %s", (name, value) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name}: is not a list`));
  });
});
