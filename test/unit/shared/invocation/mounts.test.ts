/** Which files of a job are mounted where, and which wishes are refused. */
import { describe, expect, test } from "vitest";
import { resolveInputs } from "../../../../shared/invocation/inputs.ts";
import { MAX_MOUNTS } from "../../../../shared/plan.ts";
import { declaration } from "./declared.ts";
import { type File, inputsOf } from "./files.ts";

/** `source > destination`, and `ro` where it is read-only; or the refusal. */
function mounted(files: File[], parameters: Record<string, File> = {}): string[] {
  const inputs = inputsOf(files, parameters);
  if (inputs.kind === "fault") {
    return [`${JSON.stringify(inputs.place)} ${inputs.why}`];
  }
  return inputs.mounts.map(
    ({ drive, path, destination, readOnly }) => `${drive}:${path} > ${destination}${readOnly ? " ro" : ""}`,
  );
}

const ro = true;
const named: [string, File[], string[]][] = [
  ["a file", ["/12/data/in.txt"], ["12:data/in.txt > /work/in.txt"]],
  ["a folder, with surplus slashes", ["//12//data///"], ["12:data > /work/data"]],
  ["a whole drive", ["/12"], ["12: > /work/12"]],
  ["a drive with letters", ["/a_B-9/x"], ["a_B-9:x > /work/x"]],
  ["a name with blanks and line ends", ["/1/ a\n'b"], ["1: a\n'b > /work/ a\n'b"]],
  ["names that only look like others", ["/1/...", "/1/..a"], ["1:... > /work/...", "1:..a > /work/..a"]],
  ["what may not be written", [{ path: "/1/a", readOnly: ro }], ["1:a > /work/a ro"]],
  ["the same file twice", ["/1/a", "/1//a/"], ["1:a > /work/a"]],
  ["the same file, once to be written", [{ path: "/1/a", readOnly: ro }, "/1/a"], ["1:a > /work/a"]],
  ["a folder and a file in it", ["/1/a", "/1/a/b"], ["1:a > /work/a", "1:a/b > /work/b"]],
  ["a place of its own", [{ path: "/1/a", mountPath: "/data" }], ["1:a > /data"]],
  ["a place below /work", [{ path: "/1/a", mountPath: "/work/x/y/" }], ["1:a > /work/x/y"]],
  [
    "a place that only looks like the system's",
    [{ path: "/1/a", mountPath: "/usr/local/etc" }],
    ["1:a > /usr/local/etc"],
  ],
  ["a file once here and once anywhere", [{ path: "/1/a", mountPath: "/data", readOnly: ro }, "/1/a"], ["1:a > /data"]],
  [
    "a file at two places",
    [
      { path: "/1/a", mountPath: "/x" },
      { path: "/1/a", mountPath: "/y" },
    ],
    ["1:a > /x", "1:a > /y"],
  ],
  [
    "files of one name, in the order of their paths",
    ["/2/b", "/1/z/b", "/1/a/b"],
    ["1:a/b > /work/b-0", "1:z/b > /work/b-1", "2:b > /work/b-2"],
  ],
  [
    "a number that is a file's own name",
    ["/1/x/b", "/1/y/b", "/1/b-0"],
    ["1:b-0 > /work/b-0", "1:x/b > /work/b-1", "1:y/b > /work/b-2"],
  ],
  [
    "a number that is wanted for another",
    ["/1/x/b", "/1/y/b", { path: "/1/c", mountPath: "/work/b-1/deep" }],
    ["1:c > /work/b-1/deep", "1:x/b > /work/b-0", "1:y/b > /work/b-2"],
  ],
];

test.each(named)("%s", (_, files, expected) => {
  expect(mounted(files)).toEqual(expected);
});

const PATH = "path";
const MOUNT = "mountPath";
const refused: [string, File, string, string][] = [
  ["no path", "", PATH, "begins with its drive"],
  ["a relative path", "1/a", PATH, "begins with its drive"],
  ["no drive", "///", PATH, "begins with its drive"],
  ["a drive with a dot", "/1.2/a", PATH, "begins with its drive"],
  ["a drive that is too long", `/${"1".repeat(65)}/a`, PATH, "begins with its drive"],
  ["a way out", "/1/../2", PATH, ". or .."],
  ["a way out at the beginning", "/../1", PATH, ". or .."],
  ["a dot", "/1/./a", PATH, ". or .."],
  ["a NUL", "/1/a\0b", PATH, "NUL"],
  ["half a character", "/1/\ud800", PATH, "half"],
  ["a long path", `/1/${"a/".repeat(2_048)}`, PATH, "4096"],
  ["a long name", `/1/${"é".repeat(128)}`, PATH, "255 bytes"],
  ["a relative place", { path: "/1/a", mountPath: "data" }, MOUNT, "absolute"],
  ["a place with a way out", { path: "/1/a", mountPath: "/data/../etc" }, MOUNT, ". or .."],
  ["a place with a NUL", { path: "/1/a", mountPath: "/data\0" }, MOUNT, "NUL"],
  ...[
    "/",
    "//",
    "/work",
    "/work/",
    "/proc",
    "/proc/self",
    "/sys",
    "/dev/shm",
    "/run/x",
    "/tmp/x",
    "/etc",
    "/etc/passwd",
  ]
    .concat("/bin", "/sbin", "/lib", "/lib64", "/usr")
    .map((mountPath): [string, File, string, string] => [
      `the place ${mountPath}`,
      { path: "/1/a", mountPath },
      MOUNT,
      "for itself",
    ]),
];

test.each(refused)("%s is refused", (_, file, key, words) => {
  const inputs = inputsOf([{ path: "/1/fine" }, file]);
  expect(inputs).toMatchObject({ kind: "fault", place: { kind: "resource", index: 1, key } });
  expect(inputs.kind === "fault" ? inputs.why : "").toContain(words);
});

const clashes: [string, File[]][] = [
  [
    "the same place",
    [
      { path: "/1/a", mountPath: "/data" },
      { path: "/1/b", mountPath: "/data" },
    ],
  ],
  [
    "a place in another",
    [
      { path: "/1/a", mountPath: "/data" },
      { path: "/1/b", mountPath: "/data/x" },
    ],
  ],
  [
    "a place around another",
    [
      { path: "/1/a", mountPath: "/data/x" },
      { path: "/1/b", mountPath: "/data" },
    ],
  ],
  ["the place of a file without one", ["/1/a", { path: "/1/b", mountPath: "/work/a" }]],
  ["a place in the folder of another", ["/1/a", { path: "/1/b", mountPath: "/work/a/b" }]],
];

test.each(clashes)("%s is refused at the place that can be chosen anew", (_, files) => {
  const inputs = inputsOf(files);
  expect(inputs).toMatchObject({ kind: "fault", place: { kind: "resource", index: 1, key: "mountPath" } });
});

test("files whose common name leaves no room for a number are refused", () => {
  const name = "a".repeat(255);
  expect(mounted([`/1/x/${name}`, `/1/y/${name}`])[0]).toContain("too long to number them");
  expect(mounted([`/1/x/${name}`])).toEqual([`1:x/${name} > /work/${name}`]);
});

test("there is a limit to the number of mounts, not to that of names for one", () => {
  const many = Array.from({ length: MAX_MOUNTS }, (_, index) => `/1/${index}`);
  expect(mounted(many)).toHaveLength(MAX_MOUNTS);
  expect(mounted([...many, ...many])).toHaveLength(MAX_MOUNTS);
  expect(mounted([...many, "/1/one-more"])).toEqual([
    `{"kind":"resource","index":${MAX_MOUNTS},"key":null} At most 64 files and folders can be mounted in a job.`,
  ]);
});

test("paths that are long together are refused", () => {
  const long = Array.from({ length: 20 }, (_, index) => `/1/${`${"a".repeat(200)}/`.repeat(19)}${index}`);
  expect(mounted(long)[0]).toContain("65536 bytes together");
});

describe("a file parameter's value", () => {
  const textOf = (parameters: Record<string, File>, files: File[] = []): string | undefined => {
    const inputs = inputsOf(files, parameters);
    return inputs.kind === "ok" ? inputs.values.get("p")?.text : undefined;
  };

  test("is where the file is mounted", () => {
    expect(textOf({ p: "/1/a" })).toBe("/work/a");
    expect(textOf({ p: "/1/x/a", q: "/1/y/a" })).toBe("/work/a-0");
    expect(textOf({ q: "/1/x/a", p: "/1/y/a" })).toBe("/work/a-1");
    expect(textOf({ p: { path: "/1/a", mountPath: "/data" } })).toBe("/data");
    expect(textOf({ p: "/1/a" }, [{ path: "/1/a", mountPath: "/data" }])).toBe("/data");
    const two = { q: { path: "/1/a", mountPath: "/x" }, p: { path: "/1/a", mountPath: "/y" } };
    expect(textOf(two)).toBe("/y");
  });

  test("raises no flag", () => {
    const inputs = inputsOf([], { p: "/1/true" });
    expect(inputs).toMatchObject({ kind: "ok", values: new Map([["p", { text: "/work/true", isTrue: false }]]) });
  });

  test("is no value of another kind that has the same name", () => {
    const declared = ["input_file", "text"].map((type) => declaration({ type, name: "p" }));
    const inputs = resolveInputs(declared, { p: { type: "file", path: "/1/a" } }, []);
    expect(inputs).toMatchObject({ kind: "fault", why: "The parameter takes a text." });
  });

  test("is mounted once with what was added beside", () => {
    expect(mounted([{ path: "/1/a", readOnly: ro }], { p: "/1/a" })).toEqual(["1:a > /work/a"]);
  });

  test.each([
    [{ type: "text", value: "x" }, "type", "takes a folder"],
    [{ type: "file" }, "path", "must be a text"],
    [{ type: "file", path: 5 }, "path", "must be a text"],
    [{ type: "file", path: "/1/a", mountPath: 5 }, "mountPath", "must be a text"],
    [{ type: "file", path: "/1/a", readOnly: "yes" }, null, "cannot be read"],
    ["/1/a", null, "cannot be read"],
  ])("that is %j is refused", (value, key, words) => {
    const inputs = resolveInputs([declaration({ type: "input_directory", name: "p" })], { p: value }, []);
    expect(inputs).toMatchObject({ kind: "fault", place: { kind: "parameter", name: "p", key } });
    expect(inputs.kind === "fault" ? inputs.why : "").toContain(words);
  });
});
