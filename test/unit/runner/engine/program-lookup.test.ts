import { expect, test } from "vitest";
import { candidates, lookUpProgram, type PathStat, pathStat } from "../../../../runner/engine/program-lookup.ts";

const file = (permissions = 0o755): PathStat => ({ kind: "file", permissions, linkTarget: "" });
const link = (linkTarget: string): PathStat => ({ kind: "link", permissions: 0o777, linkTarget });
const folder: PathStat = { kind: "folder", permissions: 0o755, linkTarget: "" };

function look(argv0: string, image: Record<string, PathStat | "unknown">, change: object = {}): Promise<string> {
  const program = { argv0, path: "/a:/b", workingDirectory: "/work", ...change };
  return lookUpProgram(program, async (path) => image[path] ?? null);
}

test("a bare name is looked for along the PATH, an empty part of which is the working directory", () => {
  const program = { argv0: "p", path: "/a::rel", workingDirectory: "/work" };
  expect(candidates(program)).toEqual(["/a/p", "/work/p", "/work/rel/p"]);
  expect(candidates({ ...program, path: null })).toContain("/usr/local/bin/p");
  expect(candidates({ ...program, argv0: "../p" })).toEqual(["/p"]);
  expect(candidates({ ...program, argv0: "" })).toEqual([]);
});

test.each([
  ["p", { "/b/p": file() }, "ok"],
  ["p", {}, "program_not_found"],
  ["p", { "/a/p": file(0o644) }, "program_not_executable"],
  ["p", { "/a/p": file(0o644), "/b/p": file() }, "ok"],
  ["p", { "/a/p": file(0o644), "/b/q": file() }, "program_not_executable"],
  ["/x", { "/x": folder }, "program_not_executable"],
  ["/x", { "/x": link("/y"), "/y": file() }, "ok"],
  ["/d/x", { "/d/x": link("y"), "/d/y": file(0o600) }, "program_not_executable"],
  ["/x", { "/x": link("/gone") }, "program_not_found"],
  ["/x", { "/x": link("/x") }, "program_not_found"],
  ["/x", { "/x": "unknown" }, "ok"],
  ["", {}, "program_not_found"],
] as const)("%j in %j is %s", async (argv0, image, verdict) => {
  expect(await look(argv0, image)).toBe(verdict);
});

test("what will lie in the job's own folder cannot be told from the image", async () => {
  expect(await look("./run.sh", {})).toBe("ok");
  expect(await look("../workshop", {})).toBe("program_not_found");
});

test("Go's file modes are understood", () => {
  expect(pathStat(493, "/bin/busybox")).toEqual({ kind: "file", permissions: 0o755, linkTarget: "/bin/busybox" });
  expect(pathStat(134_218_239, "/bin/busybox")).toMatchObject({ kind: "link" });
  expect(pathStat(2_147_484_141, "/bin")).toMatchObject({ kind: "folder", permissions: 0o755 });
  expect(pathStat(0o755 + 2 ** 23, "/bin/su")).toMatchObject({ kind: "file", permissions: 0o755 });
  expect(pathStat(0o666 + 2 ** 26 + 2 ** 21, "/dev/null")).toMatchObject({ kind: "other" });
});
