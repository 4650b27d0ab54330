/** Argument vector and environment as a whole: what they contain, and where they end. */
import { describe, expect, test } from "vitest";
import { buildArgv } from "../../../../shared/invocation/command.ts";
import { buildEnvironment } from "../../../../shared/invocation/environment.ts";
import { newTally } from "../../../../shared/invocation/tally.ts";
import { MAX_ARGUMENT_BYTES, MAX_PLAN_BYTES } from "../../../../shared/plan.ts";
import { element, values } from "./declared.ts";

const word = (text: string) => element({ type: "word", word: text });
const variable = (names: string[], affixes: Record<string, unknown> = {}) =>
  element({ type: "var", variableNames: names, ...affixes });
const reference = (name: string) => element({ type: "env", variable: name });
const jinja = element({ type: "jinja", template: "{{ x }}" });

describe("the argument vector", () => {
  test("joins the elements in order", () => {
    const built = buildArgv([word("run"), variable(["a"]), reference("HOME")], values({ a: "v" }), newTally());
    expect(built).toEqual({ kind: "ok", argv: ["run", "v", "$HOME"] });
  });

  test("refuses a template", () => {
    const built = buildArgv([word("run"), jinja], values({}), newTally());
    expect(built).toMatchObject({ kind: "fault", place: { kind: "element", index: 1 } });
  });

  test.each([
    ["no elements", []],
    ["nothing but a missing value", [variable(["a"])]],
    ["an empty program", [word(""), word("x")]],
  ])("of %s is refused", (_, elements) => {
    expect(buildArgv(elements, values({}), newTally())).toMatchObject({
      kind: "fault",
      place: { kind: "element", index: null },
    });
  });

  test("takes an argument of the longest length, and one byte more is the parameter's fault", () => {
    const longest = "é".repeat((MAX_ARGUMENT_BYTES - 1) / 2);
    const parts = [word("run"), variable(["a"], { prefixVariable: "=", isPrefixVariablePartOfArg: true })];
    expect(buildArgv(parts, values({ a: longest }), newTally())).toMatchObject({ kind: "ok" });
    expect(buildArgv(parts, values({ a: `${longest}x` }), newTally())).toMatchObject({
      kind: "fault",
      place: { kind: "parameter", name: "a", key: "value" },
    });
  });

  test("a word that is too long is the element's fault", () => {
    const built = buildArgv([word("run"), word("x".repeat(MAX_ARGUMENT_BYTES + 1))], values({}), newTally());
    expect(built).toMatchObject({ kind: "fault", place: { kind: "element", index: 1 } });
  });

  test("that grows past a plan stops at once and names the heaviest parameter", () => {
    const given = values({ small: "s", big: "b".repeat(MAX_ARGUMENT_BYTES / 2) });
    const names = ["small", ...Array.from({ length: 50_000 }, () => "big")];
    const tally = newTally();
    expect(buildArgv([word("run"), variable(names)], given, tally)).toMatchObject({
      kind: "fault",
      place: { kind: "parameter", name: "big", key: "value" },
    });
    expect(tally.bytes).toBeLessThan(MAX_PLAN_BYTES + MAX_ARGUMENT_BYTES);
  });

  test("of a hundred thousand empty arguments is too large as well", () => {
    const names = Array.from({ length: 100_000 }, () => "e");
    expect(buildArgv([word("run"), variable(names)], values({ e: "" }), newTally())).toMatchObject({ kind: "fault" });
  });
});

describe("the environment", () => {
  const build = (
    declared: Parameters<typeof buildEnvironment>[0],
    given: Record<string, string | boolean> = {},
    provided: Record<string, string> = {},
  ) => buildEnvironment(declared, provided, values(given), newTally());

  test("joins a variable's tokens by one blank", () => {
    const declared = { A: variable(["a", "b"], { prefixGlobal: "--x" }) };
    expect(build(declared, { a: "1 ", b: "2" })).toEqual({ kind: "ok", environment: { A: "--x 1  2" } });
  });

  test("leaves a variable without a value empty", () => {
    const declared = { A: variable(["none"], { prefixGlobal: "--x" }), B: word("") };
    expect(build(declared)).toEqual({ kind: "ok", environment: { A: "", B: "" } });
  });

  test("follows references in any order and over several steps", () => {
    const declared = { A: reference("B"), B: reference("C"), C: variable(["c"]), D: reference("JOB") };
    const environment = { JOB: "5", A: "v", B: "v", C: "v", D: "5" };
    expect(build(declared, { c: "v" }, { JOB: "5" })).toEqual({ kind: "ok", environment });
  });

  test("keeps the name of a variable that only the image may know", () => {
    expect(build({ A: reference("HOME") })).toEqual({ kind: "ok", environment: { A: "$HOME" } });
  });

  test("lets the application go before the provider", () => {
    expect(build({ JOB: word("mine") }, {}, { JOB: "5" })).toEqual({ kind: "ok", environment: { JOB: "mine" } });
  });

  test.each([
    ["itself", { A: reference("A") }],
    ["itself by way of another", { A: reference("B"), B: reference("A") }],
  ])("refuses a variable that means %s", (_, declared) => {
    expect(build(declared)).toMatchObject({ kind: "fault", place: { kind: "variable", name: "A" } });
  });

  test.each(["", "A=B", "A\0"])("refuses the name %j", (name) => {
    expect(build({ [name]: word("x") })).toMatchObject({ kind: "fault", place: { kind: "variable", name } });
  });

  test("refuses a template", () => {
    expect(build({ A: jinja })).toMatchObject({ kind: "fault", place: { kind: "variable", name: "A" } });
  });

  test("counts a variable with its name, and blames the parameter in it", () => {
    const longest = "x".repeat(MAX_ARGUMENT_BYTES - 2);
    expect(build({ A: variable(["a"]) }, { a: longest })).toMatchObject({ kind: "ok" });
    const place = { kind: "parameter", name: "a", key: "value" };
    expect(build({ A: variable(["a"]) }, { a: `${longest}x` })).toMatchObject({ kind: "fault", place });
  });

  test("of a long chain of references ends in a moment", () => {
    const chain = Array.from({ length: 12_000 }, (_, index) => [`V${index}`, reference(`V${index + 1}`)] as const);
    const built = build({ ...Object.fromEntries(chain), V12000: word("end") });
    expect(built).toMatchObject({ kind: "ok", environment: { V0: "end", V11999: "end" } });
  });

  test("of one long value in many variables is refused", () => {
    const many = Array.from({ length: 1000 }, (_, index) => [`V${index}`, reference("LONG")] as const);
    const declared = { LONG: variable(["a"]), ...Object.fromEntries(many) };
    expect(build(declared, { a: "x".repeat(1000) })).toMatchObject({
      kind: "fault",
      place: { kind: "parameter", name: "a", key: "value" },
    });
  });
});
