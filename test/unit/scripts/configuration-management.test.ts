/** The examples for Ansible and cloud-init name nothing that modules, runner or gateway do not have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { VERBS } from "../../../runner/manual/verbs.ts";
import { settingsSchema } from "../../../runner/settings.ts";
import { readUserData } from "../../support/cloud-init.ts";
import { PROJECT } from "../../support/runner/cli.ts";
import { readYaml } from "../../support/yaml.ts";

const ROLE = "packaging/ansible/roles/ucloud_runner";
/** Of a task beside its module. */
const KEYWORDS = ["name", "when", "notify", "register", "changed_when", "no_log"];
/** What we use of each module's documented fields. */
const MODULES: Record<string, string[]> = {
  "ansible.builtin.assert": ["that", "fail_msg", "quiet"],
  "ansible.builtin.copy": ["src", "content", "dest", "mode"],
  "ansible.builtin.apt": ["deb"],
  "ansible.builtin.command": ["argv", "creates"],
  "ansible.builtin.systemd": ["name", "state", "enabled"],
};

const read = (path: string): string => readFileSync(join(PROJECT, path), "utf8");
const tasksIn = (path: string) => z.array(z.record(z.string(), z.unknown())).parse(readYaml(read(`${ROLE}/${path}`)));
const keysOf = (value: unknown): string[] => Object.keys(z.record(z.string(), z.unknown()).parse(value));

const tasks = tasksIn("tasks/main.yml");
const handlers = tasksIn("handlers/main.yml");
const specs = z.object({ argument_specs: z.object({ main: z.object({ options: z.unknown() }) }) });
const variables = keysOf(specs.parse(readYaml(read(`${ROLE}/meta/argument_specs.yml`))).argument_specs.main.options);

test.each([...tasks, ...handlers].map((task) => [String(task.name), task] as const))(
  "the task “%s” uses one module, with fields that it has",
  (_, task) => {
    const [module = "none", ...more] = Object.keys(task).filter((key) => !KEYWORDS.includes(key));
    expect(more).toEqual([]);
    expect(MODULES[module]).toEqual(expect.arrayContaining(keysOf(task[module])));
    expect(handlers.map(({ name }) => name)).toEqual(expect.arrayContaining([task.notify ?? []].flat()));
  },
);

test("every variable of the role is declared, and used", () => {
  const text = read(`${ROLE}/tasks/main.yml`);
  const used = new Set(text.match(/ucloud_runner_\w+/g));
  used.delete("ucloud_runner_enrolled");
  expect([...used].sort()).toEqual([...variables].sort());
  const [play] = z
    .array(z.object({ roles: z.array(z.object({ role: z.string(), vars: z.unknown() })) }))
    .parse(readYaml(read("packaging/ansible/playbook.yml")));
  expect(play?.roles.map(({ role }) => role)).toEqual(["ucloud_runner"]);
  expect(variables).toEqual(expect.arrayContaining(play?.roles.flatMap(({ vars }) => keysOf(vars)) ?? []));
  expect(variables).toEqual(expect.arrayContaining(keysOf(readYaml(read(`${ROLE}/defaults/main.yml`)))));
});

test("what is run of the runner is a verb with flags that it has", () => {
  const commands = tasks.flatMap((task) => {
    const parsed = z.object({ argv: z.array(z.string()) }).safeParse(task["ansible.builtin.command"]);
    return parsed.success ? [parsed.data.argv] : [];
  });
  const script = readUserData(read("packaging/cloud-init.yaml")).script;
  const lines = script.split("\n").filter((line) => line.startsWith("'ucloud-runner'"));
  const all = [...commands, ...lines.map((line) => line.split(" ").map((word) => word.slice(1, -1)))];
  expect(all).toHaveLength(3);
  for (const [program, verb, ...flags] of all) {
    expect([program, verb]).toEqual(["ucloud-runner", "enroll"]);
    const names = flags.filter((word) => word.startsWith("--")).map((word) => word.slice(2));
    expect(Object.keys(VERBS.enroll.flags)).toEqual(expect.arrayContaining(names));
  }
});

test("the settings of the examples are settings", () => {
  const vars = /ucloud_runner_settings:\n((?: {10}.*\n)+)/.exec(read("packaging/ansible/playbook.yml"))?.[1] ?? "";
  const { files } = readUserData(read("packaging/cloud-init.yaml"));
  for (const given of [readYaml(vars), ...files.map(({ content }) => JSON.parse(content))]) {
    expect(settingsSchema.safeParse(given)).toMatchObject({ success: true, data: { "min-free-disk": 20 * 2 ** 30 } });
  }
});
