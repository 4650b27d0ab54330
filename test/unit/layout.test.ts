/** The house rules that no compiler knows: who may import whom, and what a file may be. */
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, loadedWith, resolved, type SourceFile, sourceFiles } from "../support/source-files.ts";

const MAX_LINES = 250;
const FILES = sourceFiles();
/** The files of the queue that touch the platform; every other one decides, with clock and random as arguments. */
const QUEUE_SHELL = ["object", "stub", "socket-line", "storage-sql", "proof", "platform-wake"].map(
  (name) => `worker/queue/${name}.ts`,
);
const PACKAGES: Record<string, string[]> = {
  shared: ["zod"],
  worker: ["cloudflare:workers", "itty-router", "jose", "zod"],
  runner: ["minijinja-js", "pino", "prom-client", "ws", "yaml", "zod"],
  page: [],
};

function below(...folders: string[]): SourceFile[] {
  return FILES.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
}

/** `path: import`, for every import that breaks the rule. */
function broken(files: SourceFile[], isBroken: (target: string, from: string) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap(({ from }) => (isBroken(resolved(path, from) ?? from, from) ? [`${path}: ${from}`] : [])),
  );
}

/** `path:line`, comments left out. */
function linesWith(pattern: RegExp, files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => (pattern.test(withoutComment(line)) ? [`${path}:${index + 1}`] : [])),
  );
}

function withoutComment(line: string): string {
  return /^\s*(\/\/|\/\*|\*)/.test(line) ? "" : line.replace(/\s\/\/ .*$/, "");
}

test("the imports of a file are read, however they are written", () => {
  const text = [
    'import "./a.ts";',
    'import b from "./b.ts";',
    'import {\n  c,\n} from "./c.ts";',
    'import type { D } from "./d.ts";',
    'export * from "./e.ts";',
    `const f = await ${"import"}("./f.ts");`,
    '// import "./no.ts";',
  ].join("\n");
  expect(importsOf(text).map(({ from }) => basename(from, ".ts"))).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(FILES.length).toBeGreaterThan(100);
});

describe("who imports whom", () => {
  test("worker and runner never import each other, and neither imports a test or a script", () => {
    expect(broken(below("worker"), (target) => /^(runner|test|scripts)\//.test(target))).toEqual([]);
    expect(broken(below("runner"), (target) => /^(worker|test|scripts)\//.test(target))).toEqual([]);
  });

  test("the page takes the types of the gateway's answers, and nothing else from outside", () => {
    const others = below("page").flatMap(({ path, imports }) =>
      imports.filter(({ from, isType }) => !isType && !resolved(path, from)?.startsWith("page/")).map(() => path),
    );
    expect(others).toEqual([]);
  });

  test("shared imports nothing but itself and zod", () => {
    expect(broken(below("shared"), (target) => !target.startsWith("shared/") && !/^zod\//.test(target))).toEqual([]);
  });

  test.each(Object.entries(PACKAGES))("%s uses the packages that it was given", (folder, packages) => {
    const isNode = (from: string) => folder === "runner" && from.startsWith("node:");
    const isGiven = (from: string) => packages.some((name) => from === name || from.startsWith(`${name}/`));
    const isForeign = (from: string) => !from.startsWith(".") && !isGiven(from) && !isNode(from);
    expect(broken(below(folder), (_, from) => isForeign(from))).toEqual([]);
  });

  test("only the objects themselves know the platform's module", () => {
    const knowing = below("worker").filter(({ imports }) => imports.some(({ from }) => from.startsWith("cloudflare:")));
    expect(knowing.map(({ path }) => path)).toEqual([
      "worker/relay/object.ts",
      // What queue and Registry extend.
      "worker/restorable.ts",
    ]);
  });

  test("the queue's core loads none of its shell", () => {
    const loaded = [...loadedWith("worker/queue/queue.ts", FILES)];
    expect(loaded.length).toBeGreaterThan(20);
    expect(loaded.filter((path) => QUEUE_SHELL.includes(path))).toEqual([]);
  });

  test("every import within the project exists and carries its extension", () => {
    const known = new Set(FILES.map(({ path }) => path));
    const isData = (target: string) => /\.json(\?raw)?$/.test(target);
    const isMissing = (target: string, from: string) => from.startsWith(".") && !known.has(target) && !isData(target);
    expect(broken(FILES, isMissing)).toEqual([]);
  });

  test("zod is one namespace everywhere", () => {
    const others = FILES.flatMap(({ path, imports }) =>
      imports
        .filter(({ from, clause }) => /^zod\b(?!\/locales$)/.test(from) && !/^(type )?\* as z$/.test(clause))
        .map(() => path),
    );
    expect(others).toEqual([]);
  });

  test("what is shipped knows zod's small form only", () => {
    const shipped = below("shared", "worker", "runner", "scripts");
    expect(broken(shipped, (target) => /^zod\b(?!\/(mini|locales)$)/.test(target))).toEqual([]);
  });
});

describe("what is passed in", () => {
  test("decisions take clock and random as arguments and ask nobody", () => {
    const pure = below("shared", "worker/queue", "runner/attempt").filter(({ path }) => !QUEUE_SHELL.includes(path));
    const platform =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bfetch\(|\bset(Timeout|Interval)\(|\bcrypto\.|\bperformance\./;
    expect(linesWith(platform, pure)).toEqual([]);
  });

  test("the process's environment is read at the door", () => {
    const others = below("shared", "worker", "runner").filter(({ path }) => !/^runner\/(cli|config)\.ts$/.test(path));
    expect(linesWith(/\bprocess\.env\b/, others)).toEqual([]);
  });

  test("nobody prints but commands, scripts, tests and the Worker's telemetry", () => {
    const mayPrint = /^(scripts|test)\/|^runner\/(cli\.ts|commands\/)|^worker\/telemetry\.ts$/;
    expect(
      linesWith(
        /\bconsole\./,
        FILES.filter(({ path }) => !mayPrint.test(path)),
      ),
    ).toEqual([]);
  });
});

describe("what a file is", () => {
  test(`no file has more than ${MAX_LINES} lines`, () => {
    expect(FILES.filter(({ lines }) => lines > MAX_LINES).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test("nothing is exported by default but what the platform asks for", () => {
    const asked =
      /^worker\/(bare\/)?index\.ts$|^test\/bench\/(counted|floor)\/worker\.ts$|^[^/]+\.config\.(ts|mjs|js)$/;
    const others = FILES.filter(({ path }) => !asked.test(path));
    expect(linesWith(/^export default\b|^export \{[^}]*\bas default\b/, others)).toEqual([]);
  });

  test("a name is one idea in small letters, and no drawer", () => {
    const names = FILES.map(({ path }) => basename(path).replace(/(\.(config|test|d))?\.(ts|mts|mjs|js)$/, ""));
    expect(names.filter((name) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))).toEqual([]);
    const isDrawer = (name: string) => /(^|-)(utils?|helpers?|common|managers?|misc)($|-)|^services?$/.test(name);
    expect(names.filter(isDrawer)).toEqual([]);
  });

  test("every product file opens by saying what it is for", () => {
    const silent = below("shared", "worker", "runner", "page").filter(
      ({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/) ?/.test(text),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test("nothing is left to be done", () => {
    const marks = new RegExp(["TO", "FIX", "XX"].map((half, index) => half + ["DO", "ME", "X"][index]).join("|"));
    expect(FILES.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
