/** docs/stories.md against the project: its commands and calls are there, its words are the program's, its tests exist. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { SETTINGS } from "../../runner/manual/settings.ts";
import { COMMON_FLAGS, VERBS, type VerbText } from "../../runner/manual/verbs.ts";
import { settingsSchema } from "../../runner/settings.ts";
import { PROJECT } from "../support/runner/cli.ts";
import { sourceFiles } from "../support/source-files.ts";

const read = (path: string): string => readFileSync(join(PROJECT, path), "utf8");
const PAGE = read("docs/stories.md");
const PROGRAM = sourceFiles()
  .filter(({ path }) => !path.startsWith("test/"))
  .map(({ text }) => text)
  .join("\n");

const STORIES = [
  ...["First node", "Second environment", "Broken GPU", "Full disk", "Maintenance on Thursday", "Lost node"],
  ...["Stolen key", "Restored gateway", "Upgrade", "Who was it"],
];
const sections = PAGE.split(/^## /m).slice(1);

test("each story is there, once", () => {
  expect(sections.map((section) => section.split("\n")[0])).toEqual(STORIES);
});

describe.each(sections.map((section) => [section.split("\n")[0], section] as const))("%s", (_, section) => {
  const [, playedBy = ""] = section.split("\nPlayed by: ");
  const named = [...playedBy.matchAll(/\]\(\.\.\/(test\/[^)]+)\)((?:,? \*[^*]+\*)+)/g)].flatMap(
    ([, file = "", names = ""]) => [...names.matchAll(/\*([^*]+)\*/g)].map(([, name = ""]) => [file, name] as const),
  );

  test("is played by tests, and says what none plays", () => {
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter(([file, name]) => !read(file).includes(`"${name}"`))).toEqual([]);
    expect(playedBy).toContain("Not automated: ");
  });

  test("has what is typed, what is seen, and what users see", () => {
    expect(section).toContain("```sh\n");
    expect(section).toContain("\nYou see ");
    expect(section).toMatch(/Your users(:| see| read)/);
  });
});

const spokenVerbs = [...PAGE.matchAll(/\bucloud-runner ([a-z]+)([^\n|;`#]*)/g)].map(([, verb = "", rest = ""]) => ({
  verb,
  flags: [...rest.matchAll(/ --([a-z-]+)/g)].map(([, flag = ""]) => flag),
}));

test.each(spokenVerbs)("the runner knows $verb $flags", ({ verb, flags }) => {
  const text = Object.entries<VerbText>(VERBS).find(([name]) => name === verb)?.[1];
  expect(Object.keys({ ...text?.flags, ...COMMON_FLAGS, ...SETTINGS })).toEqual(expect.arrayContaining(flags));
  expect(text).toBeDefined();
});

/** As the routes themselves are written. */
const routes = [
  ...read("worker/admin/routes.ts").matchAll(/(?:(read|operate|own)\(|method: "(\w+)", path: )"\/admin\/([^"]+)"/g),
].map(([, maker, method, path = ""]) => ({
  method: method ?? (maker === "read" ? "get" : "post"),
  path: new RegExp(`^${path.replace(/:\w+/, "[\\w.-]+")}$`),
}));
const calls = [...PAGE.matchAll(/\badmin ([a-z][\w/-]*)([^\n`]*)/g)].map(([call, path = "", rest = ""]) => ({
  ...{ call, path, body: / -d '(.*?)'/.exec(rest)?.[1] },
  method: / -(?:d|X POST)\b/.test(rest) ? "post" : "get",
}));
const bodySchema = z.strictObject({
  ...{ reason: z.string(), name: z.string(), categories: z.array(z.string()), cidr: z.string() },
  ...{ before: z.iso.datetime(), until: z.iso.datetime(), to: z.iso.datetime() },
});

test.each(calls)("the gateway knows $call", ({ path, method, body }) => {
  expect(routes.some((route) => route.method === method && route.path.test(path))).toBe(true);
  expect(() => bodySchema.partial().parse(JSON.parse(body ?? "{}"))).not.toThrow();
});

test("there are calls and verbs to look at", () => {
  expect(calls.length).toBeGreaterThan(10);
  expect(spokenVerbs.length).toBeGreaterThan(10);
});

const words = [...PAGE.matchAll(/“([^”]+)”/g)].map(([, said = ""]) => said).filter((said) => said !== "Words");

test.each(words)("the program says “%s”", (said) => {
  // A single mark between two that differ is in many places.
  const parts = said.split("…").filter((part) => part.trim().length > 1);
  expect(parts.filter((part) => !PROGRAM.includes(part))).toEqual([]);
});

const slugsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
const links = [...PAGE.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)].map(([, file = "", place]) => ({ file, place }));

test("each link leads to a file, and to a heading in it", () => {
  const isThere = ({ file, place }: { file: string; place: string | undefined }) => {
    const path = join("docs", file);
    return existsSync(join(PROJECT, path)) && (place === undefined || slugsOf(read(path)).includes(place));
  };
  expect(links.length).toBeGreaterThan(30);
  expect(links.filter((link) => !isThere(link))).toEqual([]);
});

test("the second unit is the first one with folders of its own", () => {
  const unit = "runner/ucloud-runner.service";
  const [, command = ""] = /^(sed -e .+) > \S+$/m.exec(PAGE) ?? [];
  const here = command.replace("/usr/lib/systemd/system/ucloud-runner.service", unit);
  const second = execFileSync("sh", ["-c", here], { cwd: PROJECT, encoding: "utf8" }).split("\n");
  const first = read(unit).split("\n");
  expect(second.filter((line, index) => line !== first[index])).toEqual([
    "ExecStart=/usr/bin/ucloud-runner start --state-dir /var/lib/ucloud-runner-test --config /etc/ucloud-runner/test.json",
    "StateDirectory=ucloud-runner-test",
    "ReadWritePaths=/var/lib/ucloud-runner-test /run/podman",
  ]);
  const [, settings = ""] = /^echo '(.+)' > \S+\/test\.json$/m.exec(PAGE) ?? [];
  expect(settingsSchema.parse(JSON.parse(settings))).toMatchObject({ cpu: 8, memory: 32 * 2 ** 30 });
});
