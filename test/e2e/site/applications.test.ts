/** What an application may be made of, from UCloud's request to what its program is given. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sharedSite } from "../../support/shared-site.ts";
import { recordedRequest, withFields } from "../../support/ucloud-requests.ts";

const site = sharedSite();

beforeAll(async () => {
  await (await site().runner("node-1")).start();
});

const S = "items.0.specification";
const A = "items.0.status.resolvedApplication.invocation";

/** Its output is what it was given: arguments, variables, working directory and user, one a line. */
const TELL = 'printf "%s\\n" "$@" "mode $ACME_MODE" "value $ACME_VALUE" "copy $ACME_COPY" "in $PWD" > /work/given';

async function givenTo(id: string, changes: Record<string, unknown>): Promise<string[]> {
  const program = ["sh", "-c", TELL, "acme-batch"].map((word) => ({ type: "word", word }));
  const { [`${A}.invocation`]: elements, ...others } = changes;
  const job = site().newJob({ id });
  const body = withFields(recordedRequest("create-request-v1-app.json"), {
    ...{ "items.0.id": id, "items.0.createdAt": job.request.createdAt },
    [`${A}.invocation`]: [...program, ...(Array.isArray(elements) ? elements : [])],
    ...others,
  });
  expect(await site().ucloud.create(JSON.stringify(body))).toEqual({ status: 200, body: { responses: [null] } });
  await site().ucloud.book.reaches(id, "SUCCESS");
  const [work = ""] = job.workFolders();
  return readFileSync(join(work, "given"), "utf8").trimEnd().split("\n");
}

const shown = (name: string) => ({ type: "var", variableNames: [name], prefixGlobal: `--${name}` });

test("the recorded application's own elements: words, variables, flags, glued and separate prefixes, variables", async () => {
  const given = await givenTo("1101", {
    [`${S}.parameters.verbose`]: { type: "boolean", value: true },
    [`${A}.invocation`]: [
      { type: "var", variableNames: ["debug"], prefixGlobal: "--debug " },
      { type: "bool_flag", variableName: "verbose", flag: "-v " },
      {
        ...{ type: "var", variableNames: ["value", "extra"], prefixGlobal: "--from", suffixGlobal: "--end" },
        ...{ prefixVariable: "--val=", isPrefixVariablePartOfArg: true, suffixVariable: "--next" },
      },
      { type: "var", variableNames: ["nobody"], prefixGlobal: "--nobody" },
      { type: "env", variable: "HOME" },
    ],
    [`${A}.environment.ACME_COPY`]: { type: "env", variable: "ACME_MODE" },
  });
  expect(given).toEqual([
    ...["--debug", "true", "-v", "--from", "--val=Hello, World!", "--next", "--val=0.5", "--next", "--end", "$HOME"],
    ...["mode batch", "value Hello, World!", "copy batch", "in /work"],
  ]);
});

test("every kind of value, and defaults for those that are not given", async () => {
  const declared = [
    { type: "boolean", name: "yes", trueValue: "on", falseValue: "off" },
    { type: "boolean", name: "plain", trueValue: "", falseValue: null },
    { type: "integer", name: "count" },
    { type: "floating_point", name: "ratio" },
    { type: "textarea", name: "old" },
    { type: "textarea", name: "new" },
    { type: "enumeration", name: "byName", options: [{ name: "Low", value: "low" }] },
    { type: "enumeration", name: "byValue", options: [{ name: "Low", value: "low" }] },
    { type: "integer", name: "bare", optional: true, defaultValue: 7 },
    { type: "text", name: "wrapped", optional: true, defaultValue: { type: "text", value: "by default" } },
    { type: "text", name: "absent", optional: true, defaultValue: null },
  ];
  const given = await givenTo("1102", {
    [`${A}.parameters`]: declared,
    [`${A}.environment`]: null,
    [`${A}.invocation`]: declared.map(({ name }) => shown(name)),
    [`${S}.parameters`]: {
      yes: { type: "boolean", value: false },
      plain: { type: "boolean", value: true },
      count: { type: "integer", value: 1_000_000 },
      ratio: { type: "floating_point", value: 1e-7 },
      old: { type: "textarea", value: "two words" },
      new: { type: "text", value: " kept " },
      byName: { type: "text", value: "Low" },
      byValue: { type: "text", value: "low" },
      ucMetricSampleRate: { type: "text", value: "0ms" },
    },
  });
  expect(given.slice(0, 20)).toEqual([
    ...["--yes", "off", "--plain", "true", "--count", "1000000", "--ratio", "0.0000001", "--old", "two words"],
    ...["--new", " kept ", "--byName", "low", "--byValue", "low", "--bare", "7", "--wrapped", "by default"],
  ]);
  expect(given[20]).toBe("mode ");
});

test("an application that keeps the image's working directory begins there", async () => {
  const given = await givenTo("1103", { [`${A}.container.changeWorkingDirectory`]: false });
  expect(given.at(-1)).toBe("in /");
});
