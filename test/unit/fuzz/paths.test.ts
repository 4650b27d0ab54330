/** Names that become paths, addresses and commands: whatever was sent, they stay where they belong. */
import { join, normalize } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { folderOf } from "../../../runner/attempt/job-folder.ts";
import { EngineError } from "../../../runner/engine/engine.ts";
import { archivedText, archiveHead, namedHome } from "../../../runner/engine/image-home.ts";
import { imageCandidates, isAllowed } from "../../../runner/engine/image-name.ts";
import { workingDirectory } from "../../../runner/engine/podman-spec.ts";
import { candidates, lookUpProgram } from "../../../runner/engine/program-lookup.ts";
import { parseSize } from "../../../runner/size.ts";
import { rewriteTemplate } from "../../../runner/template/rewrite.ts";
import { failureText } from "../../../shared/failure.ts";
import { refName, refSchema } from "../../../shared/ids.ts";
import { mountSchema } from "../../../shared/plan.ts";
import { cleanText, MAX_STATUS_CHARS } from "../../../shared/text.ts";
import { anOrder, aPlan } from "../../support/engine.ts";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { hostileText, hostileValue } from "../../support/fuzz/hostile.ts";

const fuzzing = fuzzingOf(process.env, 0.1);
const piece = fc.oneof(
  fc.constantFrom(".", "..", "/", "//", "~", "a", "%2e", "\\", "\0", "\n", ":", "@", "?", "#"),
  hostileText,
);
const pathText = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join("").slice(0, 4_096));
const check = <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, holds), fuzzing);

test("whatever job is named, its folder, log and script lie in a folder of their own in jobs-dir", () => {
  const ref = fc.record({
    job: fc.oneof(fc.constant("1001"), pathText),
    incarnation: fc.oneof(fc.constant("00112233445566aa"), pathText),
    attempt: fc.oneof(fc.constant(1), hostileValue),
    rank: fc.oneof(fc.constant(0), hostileValue),
  });
  check(ref, (given) => {
    const parsed = refSchema.safeParse(given);
    if (!parsed.success) {
      return;
    }
    const paths = folderOf({ jobsDir: "/jobs" }, { folder: null, ref: parsed.data });
    expect(paths.folder).toMatch(/^\/jobs\/[A-Za-z0-9][\w-]*$/);
    for (const path of [paths.work, paths.log, paths.own, paths.etc]) {
      expect(normalize(path)).toBe(path);
      expect(path.startsWith(`${paths.folder}/`)).toBe(true);
    }
    expect(refName(parsed.data)).toMatch(/^[A-Za-z0-9][\w.-]*$/);
  });
});

test("a path inside a drive never leads out of it", () => {
  const mount = fc.record({ drive: pathText, path: pathText, destination: pathText, readOnly: fc.boolean() });
  check(mount, (given) => {
    const parsed = mountSchema.safeParse({ ...given, drive: "1", destination: "/work/a" });
    if (parsed.success) {
      const inside = join("/drives/1", parsed.data.path);
      expect(inside === "/drives/1" || inside.startsWith("/drives/1/")).toBe(true);
      expect(inside).not.toContain("\0");
    }
    const drive = mountSchema.safeParse({ ...given, path: "", destination: "/work/a" });
    expect(!drive.success || /^[\w-]+$/.test(given.drive)).toBe(true);
  });
});

test("an image's name is refused or stands in an address as it is", () => {
  check(pathText, (image) => {
    let names: string[];
    try {
      names = imageCandidates(image, "docker.io").map(({ name }) => name);
    } catch (error) {
      expect(error).toBeInstanceOf(EngineError);
      return;
    }
    for (const name of names) {
      expect(name).toMatch(/^[A-Za-z0-9.:[\]-]+\/[a-z0-9._/-]+[:@][A-Za-z0-9._:-]+$/);
      expect(name).not.toMatch(/\.\.|\/\//);
      expect(isAllowed(name, ["registry.invalid/*"], "docker.io")).toBe(name.startsWith("registry.invalid/"));
    }
  });
});

test("a working directory and a program are looked for within the image", async () => {
  check(fc.tuple(pathText, pathText, pathText), ([argv0, path, given]) => {
    const directory = workingDirectory(anOrder(aPlan({ workingDirectory: given })));
    expect(directory.startsWith("/")).toBe(true);
    for (const candidate of candidates({ argv0, path, workingDirectory: directory })) {
      expect(candidate.startsWith("/")).toBe(true);
      expect(candidate.split("/")).not.toContain("..");
    }
  });
  await fc.assert(
    fc.asyncProperty(fc.array(pathText, { minLength: 1, maxLength: 5 }), async (targets) => {
      let asked = 0;
      const statPath = async () => {
        const linkTarget = targets[asked++ % targets.length] ?? "";
        return { kind: "link" as const, permissions: 0o777, linkTarget };
      };
      await lookUpProgram({ argv0: "x", path: "/a:/b", workingDirectory: "/work" }, statPath);
      expect(asked).toBeLessThan(100);
    }),
    fuzzingOf(process.env),
  );
});

test("archives, accounts and sizes of any kind are read without harm", () => {
  check(fc.tuple(fc.uint8Array({ maxLength: 1_024 }), hostileText, pathText), ([bytes, text, home]) => {
    const archive = Buffer.from(bytes);
    archiveHead(archive);
    const named = namedHome({ HOME: home }, archivedText(archive) + text, { uid: 11_042, gid: 11_042 });
    expect(named === null || (named.startsWith("/") && !named.split("/").includes(".."))).toBe(true);
    const size = parseSize(text);
    expect(size === null || Number.isFinite(size)).toBe(true);
  });
});

test("a text for UCloud is one bounded line without control characters", () => {
  check(hostileText, (text) => {
    for (const line of [cleanText(text), failureText({ code: "image_not_found", detail: text.slice(0, 400) })]) {
      expect(line.length).toBeLessThanOrEqual(MAX_STATUS_CHARS);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(line.isWellFormed()).toBe(true);
    }
  });
});

test("a template is rewritten without an end in a circle, and without a line more or less", () => {
  const words = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    "raw",
    "endraw",
    "autoescape false",
    "|option",
    "ternary(",
    ")",
    ",",
    '"',
    "'",
    "\n",
    "x",
    "filter",
    "\\",
  ];
  const template = fc
    .array(fc.oneof(fc.constantFrom(...words), hostileText), { maxLength: 40 })
    .map((parts) => parts.join(" "));
  check(template, (text) => {
    expect(rewriteTemplate(text).split("\n")).toHaveLength(text.split("\n").length);
  });
});
