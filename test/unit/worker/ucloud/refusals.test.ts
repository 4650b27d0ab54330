/** Why a job cannot run here: which field is named, and that the sentence never quotes what was in it. */
import { expect, test } from "vitest";
import { MAX_ARGUMENT_BYTES } from "../../../../shared/plan.ts";
import type { Refusal } from "../../../../worker/ucloud/refusal.ts";
import { parseJob } from "../../../../worker/ucloud/schema.ts";
import { translateJob } from "../../../../worker/ucloud/translate.ts";
import { recordedJob, withField, withFields } from "../../../support/ucloud-requests.ts";
import { aProduct } from "./products.ts";

function refusal(item: unknown, products = [aProduct()]): Refusal {
  const parsed = parseJob(item);
  const outcome = parsed.kind === "ok" ? translateJob(parsed.job, products) : parsed;
  if (outcome.kind !== "refused") {
    throw new Error("the job was accepted");
  }
  return outcome;
}

const S = "specification";
const A = "status.resolvedApplication.invocation";
const T = `${A}.tool.tool.description`;
const time = (hours: unknown, minutes: unknown, seconds: unknown) => ({ hours, minutes, seconds });
const secret = "s3cr3t-value";

/** What is changed, to what, the field that is named (null: the changed one), and a word of the sentence. */
const table: [string, unknown, string | null, string][] = [
  ["id", "../../etc", null, "letters"],
  ["id", 54112, null, "must be a text"],
  ["id", undefined, null, "missing"],
  ["id", "a\0", null, "letters"],
  ["createdAt", 1.5, null, "whole number"],
  ["createdAt", "1633329776235", null, "must be a number"],
  ["owner.createdBy", "", null, "empty"],
  ["owner.createdBy", "a\0b", null, "NUL"],
  ["owner.project", "a\0b", null, "NUL"],
  [`${S}.product.id`, "example-compute-9", `${S}.product`, "not offered"],
  [`${S}.product.category`, "other", `${S}.product`, "not offered"],
  [`${S}.application.version`, "1\0", null, "NUL"],
  [`${S}.replicas`, 0, null, "at least one"],
  [`${S}.replicas`, -1, null, "at least one"],
  [`${S}.replicas`, 2, null, "for now"],
  [`${S}.replicas`, 1.5, null, "whole number"],
  [`${S}.resources`, {}, null, "must be a list"],
  [`${S}.sshEnabled`, true, null, "SSH"],
  [`${S}.timeAllocation`, time(0, 0, 0), null, "more than zero"],
  [`${S}.timeAllocation`, time(-5, 60, 0), null, "more than zero"],
  [`${S}.timeAllocation`, time(720, 0, 1), null, "at most 720 hours (2592000 s)"],
  [`${S}.timeAllocation`, time(9_999_999, 0, 0), null, "at most 720 hours"],
  [`${S}.timeAllocation`, time(1.5, 0, 0), `${S}.timeAllocation.hours`, "whole number"],
  [`${S}.timeAllocation`, time(1, "2", 0), `${S}.timeAllocation.minutes`, "must be a number"],
  [`${S}.timeAllocation`, time(1, 0, 1e300), `${S}.timeAllocation.seconds`, ""],
  [`${S}.timeAllocation`, 60, null, "must be an object"],
  [`${S}.parameters`, [], null, "must be an object"],
  [`${S}.parameters`, null, `${S}.parameters.debug`, "requires"],
  [`${S}.parameters.value`, undefined, null, "requires"],
  [`${S}.parameters.debug.value`, secret, null, "true or false"],
  [`${S}.parameters.debug.type`, "text", null, "true or false"],
  [`${S}.parameters.debug`, secret, null, "no type"],
  [`${S}.parameters.value.value`, `${secret}\0`, null, "NUL"],
  [`${S}.parameters.value.value`, secret.repeat(20_000), null, `${MAX_ARGUMENT_BYTES} bytes`],
  // A control character takes six bytes in JSON: as an argument it fits, as a plan it does not.
  [`${S}.parameters.value.value`, "\u0001".repeat(40_000), null, "too large"],
  ["status", null, "status.resolvedApplication", "missing"],
  ["status.resolvedApplication", null, null, "missing"],
  [`${T}.image`, null, null, "image"],
  [`${T}.image`, "a\0b", null, "NUL"],
  [`${T}.image`, "a".repeat(1025), null, "1024"],
  [`${T}.backend`, "NATIVE", null, "container"],
  [`${T}.backend`, "VIRTUAL_MACHINE", null, "container"],
  [`${A}.tool.tool`, null, `${T}.backend`, "container"],
  [`${A}.applicationType`, "WEB", null, "for now"],
  [`${A}.applicationType`, "VNC", null, "for now"],
  [`${A}.modules`, { mountPath: "/opt/software" }, null, "for now"],
  [`${A}.invocation`, [], null, "empty"],
  [`${A}.invocation`, [{ type: "hologram" }], `${A}.invocation[0].type`, "not known"],
  [`${A}.invocation.0`, { type: "word" }, `${A}.invocation[0].word`, "missing"],
  [`${A}.invocation.0.word`, "a\0b", `${A}.invocation[0].word`, "NUL"],
  [`${A}.environment`, { A: { type: "jinja", template: "{{ x }}" } }, `${A}.environment.A`, "Jinja"],
  [`${A}.environment`, { "A=B": { type: "word", word: "x" } }, `${A}.environment.A=B`, "name"],
  [`${A}.parameters.0.trueValue`, "a\0b", `${A}.parameters[0].trueValue`, "NUL"],
];

// The title leaves the value out: some are long.
const titled = table.map(([path, value, field, word]) => ({ path, value, field: field ?? path, word }));

test.each(titled)("$path is refused at $field: $word", ({ path, value, field, word }) => {
  const given = refusal(withField(recordedJob(), path, value));
  expect(given.field).toBe(field);
  expect(given.why).toContain(word);
  expect(given.why).toMatch(/^[A-Z].*\.$/);
  expect(given.why).not.toContain(secret);
});

test("a Jinja template among other elements is refused and named", () => {
  const jinja = { type: "jinja", template: "{{ value }}" };
  const given = refusal(withField(recordedJob(), `${A}.invocation`, [{ type: "word", word: "run" }, jinja]));
  expect(given).toMatchObject({ kind: "refused", field: `${A}.invocation[1]` });
  expect(given.why).toContain("whole command");
});

/** The same changes to the application whose command is a template. */
const templates: [string, unknown, string | null, string][] = [
  [`${A}.invocation.0.template`, "a\0", `${A}.invocation[0].template`, "NUL"],
  [`${A}.invocation.0.template`, " \n", `${A}.invocation[0]`, "empty"],
  [`${A}.invocation.0.template`, 5, `${A}.invocation[0].template`, "must be a text"],
  [`${A}.invocation.0.template`, secret.repeat(20_000), `${S}.parameters.value.value`, "too large"],
  [`${S}.parameters.count.value`, secret, null, "whole number"],
  [`${S}.parameters.value.value`, "a\0", null, "NUL"],
  [`${S}.parameters.value.value`, secret.repeat(20_000), null, "too large"],
  [`${A}.environment`, { A: { type: "jinja", template: "x" } }, `${A}.environment.A`, "Jinja"],
  [`${A}.parameters.0.type`, "workflow", `${S}.parameters.value.type`, "takes a workflow"],
  [`${A}.parameters.0`, { type: "workflow", name: "flow" }, `${S}.parameters.flow`, "requires"],
  [`${A}.parameters.0`, { type: "input_file", name: "file" }, `${S}.parameters.file`, "requires"],
  [
    `${S}.parameters._injected_file`,
    { type: "file", path: `${secret}` },
    `${S}.parameters._injected_file.path`,
    "drive",
  ],
];

test.each(templates)("a template's job is refused for its %s", (path, value, named, word) => {
  const given = refusal(withField(recordedJob("create-request-jinja-app.json"), path, value));
  expect(given.field).toBe(named ?? path);
  expect(given.why).toContain(word);
  expect(given.why).not.toContain(secret);
});

test("a workflow that cannot be read is refused and named", () => {
  const given = refusal(
    withFields(recordedJob("create-request-jinja-app.json"), {
      [`${A}.parameters.0`]: { type: "workflow", name: "flow" },
      [`${S}.parameters.flow`]: { type: "workflow", specification: { job: 5 } },
    }),
  );
  expect(given).toMatchObject({ field: `${S}.parameters.flow`, why: "The workflow cannot be read." });
});

test("an option that the application does not have is answered by those it has", () => {
  const level = { "specification.parameters.level.value": secret };
  expect(refusal(withFields(recordedJob("create-request-v1-app.json"), level))).toEqual({
    kind: "refused",
    field: "specification.parameters.level.value",
    why: "The value must be one of: Low.",
  });
});

test("names that the application chose come out as one clean line of bounded length", () => {
  const options = Array.from({ length: 100 }, (_, index) => ({ name: `option\n${index}`, value: "x" }));
  const name = `a\n${"b".repeat(300)}`;
  const given = refusal(
    withFields(recordedJob(), {
      [`${A}.parameters.1`]: { type: "enumeration", name, options },
      [`${S}.parameters.${name}`]: { type: "text", value: secret },
    }),
  );
  expect(given.field).toMatch(/^specification\.parameters\.a b+…$/);
  expect(given.why).toMatch(/^The value must be one of: option 0, option 1, .*…$/);
  expect(Math.max(given.field.length, given.why.length)).toBeLessThanOrEqual(400);
});

test.each([
  [90, "90 s"],
  [60, "1 minute (60 s)"],
  [3600, "1 hour (3600 s)"],
  [5400, "90 minutes (5400 s)"],
])("a maximum of %d seconds is called %s", (maxTime, spelled) => {
  const given = refusal(withField(recordedJob(), `${S}.timeAllocation`, time(9, 0, 0)), [
    aProduct({ maxTime, defaultTime: 1 }),
  ]);
  expect(given.why).toContain(`at most ${spelled} on`);
});

test("what helps most is said first", () => {
  const hopeless = withFields(recordedJob(), {
    "specification.parameters.debug.value": "x",
    "specification.timeAllocation": time(9_999, 0, 0),
    "specification.replicas": 3,
    [`${A}.applicationType`]: "WEB",
    [`${T}.backend`]: "VIRTUAL_MACHINE",
  });
  const repairs: [string, unknown][] = [
    [`${T}.backend`, "DOCKER"],
    [`${A}.applicationType`, "BATCH"],
    ["specification.replicas", 1],
    ["specification.timeAllocation", null],
  ];
  let item = hopeless;
  const named = repairs.map(([path, value]) => {
    const { field } = refusal(item);
    item = withField(item, path, value);
    return field;
  });
  expect(named).toEqual(repairs.map(([path]) => path));
  expect(refusal(item).field).toBe("specification.parameters.debug.value");
});
