/** Whatever UCloud sends: an answer, never an exception; and a value arrives in the program as it was typed. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_ARGUMENT_BYTES, MAX_PLAN_BYTES } from "../../../../shared/plan.ts";
import { cleanText, utf8Length } from "../../../../shared/text.ts";
import { parseBulk, parseJob, parseTermination } from "../../../../worker/ucloud/schema.ts";
import { translateJob } from "../../../../worker/ucloud/translate.ts";
import { type RecordedRequest, recordedJob, withField } from "../../../support/ucloud-requests.ts";
import { aProduct } from "./products.ts";

const products = [aProduct()];

function outcome(item: unknown): ReturnType<typeof translateJob> {
  const parsed = parseJob(item);
  return parsed.kind === "ok" ? translateJob(parsed.job, products) : parsed;
}

/** What holds for every answer. */
function expectSound(item: unknown): void {
  const answer = outcome(item);
  if (answer.kind === "refused") {
    expect(answer.why).not.toBe("");
    expect(cleanText(answer.why)).toBe(answer.why);
    expect(cleanText(answer.field)).toBe(answer.field);
    return;
  }
  const { argv, environment, image, wallMs } = answer.job.plan;
  const texts = [...argv, ...Object.entries(environment).map((pair) => pair.join("=")), image];
  expect(texts.filter((text) => text.includes("\0"))).toEqual([]);
  expect(texts.filter((text) => utf8Length(text) > MAX_ARGUMENT_BYTES)).toEqual([]);
  expect(argv[0]).not.toBe("");
  expect(utf8Length(JSON.stringify(answer.job.plan))).toBeLessThanOrEqual(MAX_PLAN_BYTES);
  expect(Number.isSafeInteger(wallMs) && wallMs > 0 && wallMs <= 2_592_000_000).toBe(true);
}

/** Every path of a JSON value, in the form of `withField`. */
function pathsOf(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, entry]) => [`${prefix}${key}`, ...pathsOf(entry, `${prefix}${key}.`)]);
}

const recorded: RecordedRequest[] = [
  "create-request.json",
  "create-request-today.json",
  "create-request-v1-app.json",
  "create-request-jinja-app.json",
];
/** Short texts, some of which mean something here. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("\0", "word", "var", "env", "bool_flag", "jinja", "text", "boolean", "debug", "value", "__proto__"),
);
const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 3 }), anyText, fc.constantFrom(undefined, 2 ** 53, 1e300, -0, 0.5));

test.each(recorded)("any change of %s is answered", (name) => {
  const item = recordedJob(name);
  const paths = pathsOf(item);
  const change = fc.tuple(fc.constantFrom(...paths), anyValue);
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = changes.reduce((copy: unknown, [path, value]) => withField(copy, path, value), item);
      expectSound(changed);
      expectSound(JSON.parse(JSON.stringify(changed)));
      expect(["ok", "refused"]).toContain(parseTermination(changed).kind);
    }),
    { numRuns: 300 },
  );
});

test("any JSON at all is answered", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expectSound(value);
      expect(["ok", "refused"]).toContain(parseBulk(value).kind);
    }),
  );
});

const flag = fc.boolean();
const affix = fc.oneof(fc.constantFrom("", " ", "--x ", " -y="), fc.string({ maxLength: 8 }));
const affixes = fc.record({
  prefixGlobal: affix,
  suffixGlobal: affix,
  prefixVariable: affix,
  suffixVariable: affix,
  isPrefixVariablePartOfArg: flag,
  isSuffixVariablePartOfArg: flag,
});
const typed = fc.string({ unit: "binary", maxLength: 50 });
const padded = fc
  .tuple(fc.constantFrom("", " ", "\n\t"), typed, fc.constantFrom("", "  ", "\r\n"))
  .map((p) => p.join(""));

test("a value is one argument, never trimmed, split or lost; only a NUL is refused", () => {
  const path = "status.resolvedApplication.invocation.invocation.2";
  fc.assert(
    fc.property(padded, affixes, (value, around) => {
      const typedIn = withField(recordedJob(), "specification.parameters.value.value", value);
      const item = withField(typedIn, path, { type: "var", variableNames: ["value"], ...around });
      const answer = outcome(item);
      if (value.includes("\0")) {
        expect(answer).toMatchObject({ kind: "refused", field: "specification.parameters.value.value" });
        return;
      }
      const argv = answer.kind === "job" ? answer.job.plan.argv : [];
      const isGlued = around.isPrefixVariablePartOfArg || around.isSuffixVariablePartOfArg;
      expect(argv.filter((argument) => (isGlued ? argument.includes(value) : argument === value))).not.toEqual([]);
    }),
  );
});
