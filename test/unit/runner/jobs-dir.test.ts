/** Where jobs' folders lie: templates, and names that never lead elsewhere or to another's folder. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { foldersFor, parseJobsDir, safeName } from "../../../runner/jobs-dir.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { aPlan } from "../../support/plan.ts";

test.each([
  ["/var/lib/jobs", { base: "/var/lib/jobs", below: [] }],
  ["/data//jobs/", { base: "/data/jobs", below: [] }],
  ["/data/{workspace}/{user}", { base: "/data", below: ["{workspace}", "{user}"] }],
  ["/data/u-{user}/jobs/{application}", { base: "/data", below: ["u-{user}", "jobs", "{application}"] }],
  ["/{job}", { base: "/", below: ["{job}"] }],
])("%s", (setting, parsed) => {
  expect(parseJobsDir(setting)).toEqual(parsed);
});

test.each(["/data/{project}", "/data/{}", "/data/{user", "/data/user}", "/data/{{user}}", "/data/{user}{job}"])(
  "%s is refused, naming the setting",
  (setting) => {
    expect(() => parseJobsDir(setting)).toThrow(UsageError);
    expect(() => parseJobsDir(setting)).toThrow(/^jobs-dir: /);
  },
);

test("a template becomes folders named by who runs what", () => {
  const plan = aPlan({
    workspace: "project:2f",
    user: "alice@example.org",
    application: { name: "batch", version: "1" },
  });
  const { below } = parseJobsDir("/data/{workspace}/of-{user}/{application}/all/{job}");
  expect(foldersFor(below, plan, "1001")).toEqual(["project_2f", "of-alice@example.org", "batch", "all", "1001"]);
  expect(foldersFor(below, aPlan(), "1001")[1]).toBe("of-_");
});

test("users and projects of the same name have folders of their own", () => {
  const folders = ["user:x", "project:x"].map((workspace) => foldersFor(["{workspace}"], aPlan({ workspace }), "1")[0]);
  expect(folders).toEqual(["user_x", "project_x"]);
});

test.each(["", ".", "..", "_", "a/b", "a b", "é", "a\0b", "x".repeat(101), "a_b__0123456789ab"])(
  "%j is changed, and marked",
  (text) => {
    expect(safeName(text)).toMatch(/^[A-Za-z0-9@._-]*__[0-9a-f]{12}$/);
    expect(safeName(text).length).toBeLessThanOrEqual(100);
  },
);

test.each(["alice", "alice@example.org", "AliceA-1234", "9f3c1a70-1111-2222-3333-0123456789ab", ".hidden"])(
  "%s stays as it is",
  (text) => expect(safeName(text)).toBe(text),
);

test("whatever the names are, the folders are single safe names, and different for different names", () => {
  const character = fc.integer({ min: 0, max: 0xd7ff }).map((code) => String.fromCharCode(code));
  const name = fc.oneof(
    fc.string({ unit: character, maxLength: 120 }),
    fc.string({ unit: fc.constantFrom("a", "/", ".", "_", " "), maxLength: 4 }),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      for (const text of [a, b]) {
        const [folder = ""] = foldersFor(["{user}"], aPlan({ user: text }), "1");
        expect(folder).toMatch(/^[A-Za-z0-9@._-]{1,100}$/);
        expect([".", ".."]).not.toContain(folder);
      }
      expect(safeName(a) === safeName(b)).toBe(a === b);
    }),
  );
});
