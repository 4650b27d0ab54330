/** Files of UCloud's jobs, and what else is attached to them. */
import { describe, expect, test } from "vitest";
import { MAX_PLAN_BYTES, planSchema } from "../../../../shared/plan.ts";
import { utf8Length } from "../../../../shared/text.ts";
import { parseJob } from "../../../../worker/ucloud/schema.ts";
import { type Translated, translateJob } from "../../../../worker/ucloud/translate.ts";
import { recordedJob, withFields } from "../../../support/ucloud-requests.ts";
import { aProduct } from "./products.ts";

const APPLICATION = "status.resolvedApplication.invocation";
const SECRET = "s3cr3t-value";

/** As today's UCloud sends every value: with the keys of all kinds. */
const ZERO = {
  ...{ path: "", mountPath: "", readOnly: false, value: null, hostname: "", jobId: "", id: "", modules: null },
  ...{ port: 0, tls: false, server: "", token: "", tokenType: "" },
  specification: { applicationName: "", language: "", init: null, job: null, readme: null, inputs: null },
};
const FILE = { type: "input_file", name: "file", optional: true, defaultValue: null };
const FOLDER = { ...FILE, type: "input_directory", name: "folder", defaultValue: { type: "file", path: "/9/default" } };
const COMMAND = [
  { type: "word", word: "count" },
  { type: "bool_flag", variableName: "file", flag: "--given" },
  { type: "var", variableNames: ["file", "folder"], prefixVariable: "--in=", isPrefixVariablePartOfArg: true },
];

function outcome(
  changes: Record<string, unknown>,
  recorded: Parameters<typeof recordedJob>[0] = "create-request.json",
) {
  const item = withFields(recordedJob(recorded), {
    [`${APPLICATION}.parameters`]: [FILE, FOLDER],
    [`${APPLICATION}.invocation`]: COMMAND,
    [`${APPLICATION}.environment`]: { INPUT: { type: "var", variableNames: ["file"] } },
    "specification.parameters": {},
    ...changes,
  });
  const parsed = parseJob(item);
  return parsed.kind === "ok" ? translateJob(parsed.job, [aProduct()]) : parsed;
}

function translated(...given: Parameters<typeof outcome>): Translated {
  const answer = outcome(...given);
  if (answer.kind === "refused") {
    throw new Error(`${answer.field}: ${answer.why}`);
  }
  return answer;
}

const SHAPES = [
  ["older", "create-request.json", (file: object) => ({ type: "file", ...file })],
  ["today's", "create-request-today.json", (file: object) => ({ ...ZERO, type: "file", ...file })],
] as const;

describe.each(SHAPES)("the %s UCloud's files", (_, recorded, value) => {
  test("are mounted, and their places are what command and environment name", () => {
    const { job, drives } = translated(
      {
        "specification.parameters": { file: value({ path: "/12/in/a.txt", readOnly: true }) },
        "specification.resources": [value({ path: "/13/out" }), value({ path: "/12" })],
      },
      recorded,
    );
    expect(job.plan.mounts).toEqual([
      { drive: "12", path: "in/a.txt", destination: "/work/a.txt", readOnly: true },
      { drive: "13", path: "out", destination: "/work/out", readOnly: false },
      { drive: "12", path: "", destination: "/work/12", readOnly: false },
    ]);
    expect(job.plan.argv).toEqual(["count", "--in=/work/a.txt"]);
    expect(job.plan.environment.INPUT).toBe("/work/a.txt");
    expect([...drives].toSorted()).toEqual([
      ["12", "specification.parameters.file.path"],
      ["13", "specification.resources[0].path"],
    ]);
    expect(planSchema.parse(job.plan)).toEqual(job.plan);
  });

  test("that are not given are nowhere, and the author's default is nobody's file", () => {
    const { job, drives } = translated({}, recorded);
    expect(job.plan.argv).toEqual(["count"]);
    expect(job.plan.environment.INPUT).toBe("");
    expect(job.plan).not.toHaveProperty("mounts");
    expect(drives.size).toBe(0);
  });

  test("are in the values of a template", () => {
    const { job } = translated(
      {
        [`${APPLICATION}.invocation`]: [{ type: "jinja", template: "count {{ file }} {{ _injected_x }}" }],
        [`${APPLICATION}.environment`]: {},
        "specification.parameters": { file: value({ path: "/12/a" }), _injected_x: value({ path: "/12/b" }) },
      },
      recorded,
    );
    expect(job.plan.script?.values).toEqual({ file: "/work/a", _injected_x: "/work/b" });
    expect(job.plan.mounts).toHaveLength(2);
  });
});

test("a required file without a value is refused, whatever its default", () => {
  const required = { ...FOLDER, optional: false };
  expect(outcome({ [`${APPLICATION}.parameters`]: [required] })).toEqual({
    kind: "refused",
    field: "specification.parameters.folder",
    why: "The application requires this parameter, and it has no value.",
  });
});

test("two files of one name are told apart in the command", () => {
  const file = (path: string) => ({ type: "file", path });
  const parameters = { file: file("/2/a"), folder: file("/1/a") };
  expect(translated({ "specification.parameters": parameters }).job.plan.argv).toEqual([
    ...["count", "--in=/work/a-1", "--in=/work/a-0"],
  ]);
});

describe("the opened file", () => {
  const opened = (openedFile: string, ...files: { path: string; mountPath?: string }[]) =>
    outcome({
      "specification.openedFile": openedFile,
      "specification.resources": files.map((file) => ({ type: "file", ...file })),
    });
  const variable = (...given: Parameters<typeof opened>) => {
    const answer = opened(...given);
    return answer.kind === "job" ? answer.job.plan.environment.UCLOUD_OPEN_WITH_FILE : answer.why;
  };

  test("is named below the nearest mount that has it", () => {
    expect(variable("/1/a/b/c.txt", { path: "/1/a/b/c.txt" })).toBe("/work/c.txt");
    expect(variable("/1/a/b/c.txt", { path: "/1/a/b" })).toBe("/work/b/c.txt");
    expect(variable("/1/a/b/c.txt", { path: "/1" }, { path: "/1/a" })).toBe("/work/a/b/c.txt");
    expect(variable("/1//a/b/c.txt", { path: "/1" })).toBe("/work/1/a/b/c.txt");
    expect(variable("/1/a/b/c.txt", { path: "/1" }, { path: "/1/a", mountPath: "/data" })).toBe("/data/b/c.txt");
  });

  test.each([
    ["/1/a/b", [{ path: "/2/a" }], "not among the job's files"],
    ["/1/ab", [{ path: "/1/a" }], "not among the job's files"],
    ["/1/a", [], "not among the job's files"],
    ["/1/../a", [{ path: "/1" }], ". or .."],
  ])("%s with %j is refused", (openedFile, files, words) => {
    const answer = opened(openedFile, ...files);
    expect(answer).toMatchObject({ kind: "refused", field: "specification.openedFile" });
    expect(answer.kind === "refused" ? answer.why : "").toContain(words);
  });

  test("is no variable where there is none", () => {
    expect(translated({}).job.plan.environment).not.toHaveProperty("UCLOUD_OPEN_WITH_FILE");
  });
});

describe("what else is attached to a job", () => {
  const kinds = ["peer", "network", "ingress", "private_network", "block_storage", "license_server", "api_server"];
  const resources = (...given: unknown[]) => outcome({ "specification.resources": given });
  const file = { ...ZERO, type: "file", path: "/1/a" };

  test.each([...kinds, "hologram"])("%s is refused by its index, without a value of it", (type) => {
    const secrets = { id: SECRET, hostname: SECRET, token: SECRET, server: SECRET };
    const answer = resources(file, { ...ZERO, type, ...secrets });
    expect(answer).toMatchObject({ kind: "refused", field: "specification.resources[1]" });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    expect(answer.kind === "refused" ? answer.why : "").toMatch(/^[A-Z].*\.$/);
  });

  test("has a sentence for each kind that UCloud knows", () => {
    const sentences = [...kinds, "hologram"].map((type) => JSON.stringify(resources({ ...ZERO, type })));
    expect(new Set(sentences).size).toBe(kinds.length + 1);
  });

  test.each([null, 5, "file", {}, { type: 5 }])("%j is refused", (resource) => {
    expect(resources(resource)).toMatchObject({ kind: "refused", field: "specification.resources[0]" });
  });

  test("a path that cannot be is refused without being quoted", () => {
    const answer = resources({ ...file, path: `/${SECRET}/../x` });
    expect(answer).toMatchObject({ kind: "refused", field: "specification.resources[0].path" });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });

  test("a script in the labels is not run and changes nothing", () => {
    const labels = { "ucloud.dk/init-script": `/1/${SECRET}.sh` };
    expect(translated({ "specification.labels": labels })).toEqual(translated({}));
  });
});

describe("UCloud's own description of a job", () => {
  const described = (jobParametersJson: unknown) =>
    translated({ "status.jobParametersJson": jobParametersJson }).job.plan;

  test("goes to the node as it is", () => {
    const jobParameters = { siteVersion: 3, request: { parameters: { file: null } } };
    expect(described(jobParameters).jobParameters).toEqual(jobParameters);
  });

  test.each([null, undefined, "text", 5, []])("that is %j is none", (given) => {
    expect(described(given)).not.toHaveProperty("jobParameters");
  });

  test("is left out where the plan would be too large with it", () => {
    const plain = described(null);
    const spareBytes = MAX_PLAN_BYTES - utf8Length(JSON.stringify({ ...plain, jobParameters: { a: "" } }));
    expect(described({ a: "x".repeat(spareBytes) })).toHaveProperty("jobParameters");
    expect(described({ a: "x".repeat(spareBytes + 1) })).toEqual(plain);
  });

  test("is left out where it is deeper than can be written", () => {
    const levels = 100_000;
    const deep: unknown = JSON.parse(`{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`);
    const parsed = parseJob({
      ...(recordedJob() as object),
      status: { ...(recordedJob() as { status: object }).status, jobParametersJson: deep },
    });
    const answer = parsed.kind === "ok" ? translateJob(parsed.job, [aProduct()]) : parsed;
    expect(answer.kind).toBe("job");
    expect(answer.kind === "job" ? answer.job.plan : answer).not.toHaveProperty("jobParameters");
  });
});
