/** Help, man page, completion and documentation say the same, and say what the code does. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bashCompletion, fishCompletion, zshCompletion } from "../../../runner/manual/completion.ts";
import { helpFor, helpOverview } from "../../../runner/manual/help.ts";
import { manPage } from "../../../runner/manual/man.ts";
import { SETTINGS } from "../../../runner/manual/settings.ts";
import { VERBS, type Verb, type VerbText } from "../../../runner/manual/verbs.ts";
import { SETTING_NAMES, settingsSchema } from "../../../runner/settings.ts";

const OPERATIONS = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const CHAPTER = OPERATIONS.slice(OPERATIONS.indexOf("\n## Runner settings"));
const TEXTS: [Verb, VerbText][] = [
  ["enroll", VERBS.enroll],
  ["start", VERBS.start],
  ["status", VERBS.status],
  ["drain", VERBS.drain],
  ["doctor", VERBS.doctor],
];
/** The cells of the row that begins with this word in the documentation, without their marks. */
function rowOf(first: string): string[] {
  const line = CHAPTER.split("\n").find((one) => /^\| `([a-z-]+)/.exec(one)?.[1] === first) ?? "";
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.replaceAll("`", "").trim());
}

describe("settings", () => {
  test.each(SETTING_NAMES)("%s is in help, man page, every completion and the documentation", (name) => {
    const { default: usual } = SETTINGS[name as keyof typeof SETTINGS];
    expect(helpOverview()).toContain(`--${name}`);
    expect(helpFor("start")).toContain(`--${name}`);
    expect(manPage("1")).toContain(`\\-\\-${name.replaceAll("-", "\\-")}`);
    expect(bashCompletion()).toContain(`--${name}`);
    expect(zshCompletion()).toContain(`--${name}[`);
    expect(fishCompletion()).toContain(` -l ${name} `);
    expect(rowOf(name).slice(0, 2)).toEqual([name, usual]);
  });

  test("no text is of a setting that is not there, and a flag without a value is one that needs none", () => {
    expect(Object.keys(SETTINGS).sort()).toEqual([...SETTING_NAMES].sort());
    const bare = Object.entries(SETTINGS).flatMap(([name, { value }]) => (value === null ? [name] : []));
    expect(bare).toEqual(["allow-root"]);
  });

  test.each(
    SETTING_NAMES.filter(
      (name) => !["gpus", "drives", "hooks", "job-resolvers", "deny", "job-no-proxy"].includes(name),
    ).flatMap((name) => {
      const value = settingsSchema.parse({})[name as keyof typeof SETTINGS];
      return value === undefined ? [] : ([[name, value]] as const);
    }),
  )("the default of %s is the one that is told", (name, value) => {
    const told = SETTINGS[name as keyof typeof SETTINGS].default.replace(/ (?=GiB$)/, "");
    expect(settingsSchema.parse({ [name]: told })).toMatchObject({ [name]: value });
  });
});

describe("verbs", () => {
  test.each(TEXTS)(
    "%s has its summary, its flags and its exit codes in help, man page and completion",
    (verb, text) => {
      const help = helpFor(verb);
      // What is left of its source when the typesetter has done its work.
      const page = manPage("1")
        .replace(/^\.[A-Z]+ ?/gm, "")
        .replaceAll("\\-", "-");
      for (const said of [text.summary.slice(1), ...Object.keys(text.flags).map((flag) => `--${flag}`)]) {
        expect(help).toContain(said);
        expect(page).toContain(said);
      }
      for (const [code, meaning] of Object.entries(text.exits)) {
        expect(help.replace(/\s+/g, " ")).toContain(` ${code} ${meaning}`);
        expect(page.replace(/\s+/g, " ")).toContain(` ${code} ${meaning}`);
        expect(rowOf(verb).at(-1)).toMatch(new RegExp(`(^|· )${code}( |$)`));
      }
      for (const flag of Object.keys(text.flags)) {
        expect(rowOf(verb)[0]).toContain(`--${flag}`);
      }
    },
  );
});

describe("completion", () => {
  /** What bash would offer after these words. */
  function offered(...words: string[]): string[] {
    const list = words.map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _ucloud_runner; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const answer = execFileSync("bash", ["-c", `${bashCompletion()}\n${ask}`], { encoding: "utf8", cwd: "/" });
    return answer.split("\n").filter((word) => word !== "");
  }

  test("in bash: verbs, then the flags of the verb, files where files belong, nothing behind another flag", () => {
    expect(offered("ucloud-runner", "")).toEqual([...Object.keys(VERBS), "help"]);
    expect(offered("ucloud-runner", "d")).toEqual(["drain", "doctor"]);
    expect(offered("ucloud-runner", "enroll", "--g")).toEqual(["--gateway", "--gpus", "--gpu-kind"]);
    expect(offered("ucloud-runner", "status", "--js")).toEqual(["--json"]);
    expect(offered("ucloud-runner", "start", "--js")).toEqual([]);
    expect(offered("ucloud-runner", "start", "--state-dir", "/us")).toEqual(["/usr"]);
    expect(offered("ucloud-runner", "enroll", "--code", "")).toEqual([]);
    expect(offered("ucloud-runner", "help", "st")).toEqual(["start", "status"]);
    expect(offered("ucloud-runner", "begin", "")).toEqual([]);
  });

  test("for zsh and fish no text ends its own quotes", () => {
    for (const line of [...zshCompletion().split("\n"), ...fishCompletion().split("\n")]) {
      expect((line.match(/'/g) ?? []).length % 2, line).toBe(0);
    }
  });
});
