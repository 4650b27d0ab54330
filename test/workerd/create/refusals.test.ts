/** What `POST jobs` refuses: the status, the field in UCloud's own terms, never a value of the user, nothing stored. */
import { expect, test } from "vitest";
import { callAsCore, expectError } from "../support/gateway.ts";
import { allStoredJobs } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk, type Changes } from "../support/requests.ts";

const SECRET = "s3cr3t";
const APPLICATION = "status.resolvedApplication.invocation";
const DESCRIPTION = `${APPLICATION}.tool.tool.description`;
const VALUE = "specification.parameters.value";
const TIME = "specification.timeAllocation";
const time = (hours: number, minutes: number, seconds: number) => ({ hours, minutes, seconds });

async function expectRefusal(body: unknown, statusCode = 400): Promise<string> {
  const why = await expectError(await callAsCore("/jobs", body), statusCode);
  expect(why).not.toContain(SECRET);
  expect(await allStoredJobs()).toEqual([]);
  return why;
}

const bodies: [string, string, string][] = [
  ["no JSON", `{"items": [${SECRET}`, "not JSON"],
  ["an empty body", "", "empty"],
  ["blanks", " \n ", "empty"],
  ["a text", `"${SECRET}"`, "an object"],
  ["a list", "[]", "an object"],
  ["null", "null", "missing"],
  ["items that are no list", `{"items": "${SECRET}"}`, "items: This must be a list."],
  ["items that are an object", '{"items": {}}', "items: This must be a list."],
  ["an item that is none", `{"items": ["${SECRET}"]}`, "items[0]: This must be an object."],
  ["an item that is null", '{"items": [null]}', "items[0]: This is missing."],
];

test.each(bodies)("%s is refused", async (_name, body, sentence) => {
  expect(await expectRefusal(body)).toContain(sentence);
});

test("a body of 5 MB is refused before it is read to its end", async () => {
  const why = await expectRefusal(JSON.stringify({ items: [], pad: SECRET.repeat(900_000) }), 413);
  expect(why).toContain("4194304 bytes");
});

test("a body of nearly 4 MiB is read", async () => {
  const response = await callAsCore("/jobs", { items: [], pad: " ".repeat(4 * 1024 * 1024 - 30) });
  expect(await response.json()).toEqual({ responses: [] });
});

test("more than a thousand jobs in one call are refused", async () => {
  expect(await expectRefusal({ items: new Array(1_001).fill({}) })).toContain("items: At most 1000");
});

/** What is changed in the seed's job, the field that is named, a word of the sentence. */
const jobs: [string, Changes, string, string][] = [
  ["a product of no such name", { "specification.product.id": SECRET }, "specification.product", "not offered"],
  ["a product of no such category", { "specification.product.category": SECRET }, "specification.product", "not"],
  ["no container image", { [`${DESCRIPTION}.image`]: null }, `${DESCRIPTION}.image`, "no container image"],
  ["another backend", { [`${DESCRIPTION}.backend`]: "VIRTUAL_MACHINE" }, `${DESCRIPTION}.backend`, "container"],
  ["no application", { "status.resolvedApplication": null }, "status.resolvedApplication", "missing"],
  ["a value of another type", { [`${VALUE}.type`]: "integer" }, `${VALUE}.type`, "takes a text"],
  ["a value that is none of its type", { [`${VALUE}.value`]: { [SECRET]: 1 } }, `${VALUE}.value`, "must be a text"],
  ["no value where one is required", { [VALUE]: undefined }, VALUE, "requires"],
  ["a NUL in a value", { [`${VALUE}.value`]: `${SECRET}\0` }, `${VALUE}.value`, "NUL"],
  ["an argument of 128 KiB", { [`${VALUE}.value`]: SECRET.padEnd(131_073, "x") }, `${VALUE}.value`, "too long"],
  ["a plan too large", { [`${VALUE}.value`]: SECRET.padEnd(120_000, "\u0001") }, `${VALUE}.value`, "too large"],
  ["a NUL in an owner", { "owner.createdBy": `${SECRET}\0` }, "owner.createdBy", "NUL"],
  ["no node", { "specification.replicas": 0 }, "specification.replicas", "at least one"],
  ["two nodes", { "specification.replicas": 2 }, "specification.replicas", "one node"],
  ["a negative time", { [TIME]: time(-1, 0, 0) }, TIME, "more than zero"],
  ["no time at all", { [TIME]: time(0, 0, 0) }, TIME, "more than zero"],
  ["half an hour as a fraction", { [TIME]: time(0.5, 0, 0) }, `${TIME}.hours`, "whole number"],
  ["more time than there is", { [TIME]: time(721, 0, 0) }, TIME, "at most 720 hours"],
  ["a link", { "specification.resources": [{ type: "ingress", id: SECRET }] }, "specification.resources[0]", "now"],
  ["an id with a slash", { id: `../${SECRET}` }, "id", "letters"],
  ["an id that is a number", { id: 54112 }, "id", "must be a text"],
  ["no id", { id: undefined }, "id", "missing"],
  ["no creation time", { createdAt: null }, "createdAt", "missing"],
];

test.each(jobs)("%s is refused", async (_name, changes, field, word) => {
  const why = await expectRefusal(bulk(aJob(changes)));
  expect(why.startsWith(`items[0].${field}: `)).toBe(true);
  expect(why).toContain(word);
});

test("a machine type's own maximum is named", async () => {
  const short = { "specification.product.id": "example-compute-short", [TIME]: time(1, 31, 0) };
  expect(await expectRefusal(bulk(aJob(short)))).toContain("at most 90 minutes (5400 s)");
});

test("an option that the application does not have is refused", async () => {
  const level = "specification.parameters.level.value";
  const why = await expectRefusal(bulk(aJob({ [level]: SECRET }, "v1")));
  expect(why).toBe(`items[0].${level}: The value must be one of: Low.`);
});

test("a template beside other elements of a command is refused with a clear sentence", async () => {
  const command = [
    { type: "word", word: "echo" },
    { type: "jinja", template: "{{ value }}" },
  ];
  const mixed = { [`${APPLICATION}.invocation`]: command };
  const why = await expectRefusal(bulk(aJob(mixed, "jinja")));
  expect(why).toMatch(/^items\[0\]\.status\.resolvedApplication\.invocation\.invocation\[\d\]: .*emplate/);
});

test.each([
  ["of the same category", aJob()],
  ["of another category", anotherCategorysJob()],
])("a bad second job leaves nothing of a first one %s", async (_name, first) => {
  const second = aJob({ id: "2", "specification.replicas": 0 });
  expect(await expectRefusal(bulk(first, second))).toMatch(/^items\[1\]\.specification\.replicas: /);
});
