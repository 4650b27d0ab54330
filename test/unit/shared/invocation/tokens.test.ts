/** Every rule of UCloud's invocation elements, one line each. */
import { describe, expect, test } from "vitest";
import { tokensOf } from "../../../../shared/invocation/tokens.ts";
import { element, values } from "./declared.ts";

function tokens(json: Record<string, unknown>, given: Record<string, string | boolean> = {}): string[] {
  const parsed = element(json);
  return parsed.type === "jinja" ? [] : tokensOf(parsed, values(given)).map(({ text }) => text);
}

const variables = (names: string[], affixes: Record<string, unknown> = {}) => ({
  type: "var",
  variableNames: names,
  ...affixes,
});
const count = { count: "42" };
const both = { a: "42", b: "hello" };

const table: [string, Record<string, unknown>, Record<string, string | boolean>, string[]][] = [
  ["a word is one argument, blanks and all", { type: "word", word: "  two words " }, {}, ["  two words "]],
  ["an empty word is an empty argument", { type: "word", word: "" }, {}, [""]],
  ["a variable's name stays unexpanded", { type: "env", variable: "HOME" }, {}, ["$HOME"]],
  ["a flag is trimmed", { type: "bool_flag", variableName: "v", flag: "-v " }, { v: true }, ["-v"]],
  [
    "a flag with a blank inside is one argument",
    { type: "bool_flag", variableName: "v", flag: "-v x" },
    { v: true },
    ["-v x"],
  ],
  ["a false flag is nothing", { type: "bool_flag", variableName: "v", flag: "-v" }, { v: false }, []],
  ["a flag without a value is nothing", { type: "bool_flag", variableName: "v", flag: "-v" }, {}, []],
  ["the text true raises no flag", { type: "bool_flag", variableName: "v", flag: "-v" }, { v: "true" }, []],
  ["a value alone", variables(["count"]), count, ["42"]],
  [
    "a global prefix is an argument before",
    variables(["count"], { prefixGlobal: "--count" }),
    count,
    ["--count", "42"],
  ],
  ["a global prefix loses its blanks", variables(["count"], { prefixGlobal: " --count " }), count, ["--count", "42"]],
  ["a global prefix is not split", variables(["count"], { prefixGlobal: "--a b " }), count, ["--a b", "42"]],
  ["a global suffix is an argument after", variables(["count"], { suffixGlobal: " --end" }), count, ["42", "--end"]],
  ["several values under one prefix", variables(["a", "b"], { prefixGlobal: "--x" }), both, ["--x", "42", "hello"]],
  ["the order is the element's", variables(["b", "a"]), both, ["hello", "42"]],
  ["a name twice is its value twice", variables(["a", "a"]), both, ["42", "42"]],
  ["a missing value is skipped", variables(["none", "b"], { prefixGlobal: "--x" }), both, ["--x", "hello"]],
  ["without any value nothing is left", variables(["none"], { prefixGlobal: "--x", suffixGlobal: "--y" }), both, []],
  ["no names are nothing", variables([], { prefixGlobal: "--x" }), both, []],
  ["names may be null", { type: "var", variableNames: null, prefixGlobal: "--x" }, both, []],
  ["an empty value is an empty argument", variables(["e"], { prefixGlobal: "--x" }), { e: "" }, ["--x", ""]],
  [
    "a separate prefix stands before each value",
    variables(["a", "b"], { prefixVariable: "--entry " }),
    both,
    ["--entry", "42", "--entry", "hello"],
  ],
  [
    "a glued prefix",
    variables(["a"], {
      prefixGlobal: "--entries",
      prefixVariable: "--entry",
      isPrefixVariablePartOfArg: true,
      suffixVariable: "--next",
    }),
    both,
    ["--entries", "--entry42", "--next"],
  ],
  [
    "a glued suffix within global affixes",
    variables(["a", "b"], {
      prefixGlobal: "--entries",
      prefixVariable: "--entry",
      suffixVariable: "--next",
      isSuffixVariablePartOfArg: true,
      suffixGlobal: "--endOfEntries",
    }),
    both,
    ["--entries", "--entry", "42--next", "--entry", "hello--next", "--endOfEntries"],
  ],
  [
    "glued affixes lose their blanks and keep the value's",
    variables(["a"], {
      prefixVariable: " --x= ",
      suffixVariable: " ; ",
      isPrefixVariablePartOfArg: true,
      isSuffixVariablePartOfArg: true,
    }),
    { a: " v " },
    ["--x= v ;"],
  ],
  [
    "glued affixes around an empty value",
    variables(["a"], { prefixVariable: "--x=", isPrefixVariablePartOfArg: true }),
    { a: "" },
    ["--x="],
  ],
  ["a value is not trimmed", variables(["a"]), { a: "  two words\n" }, ["  two words\n"]],
  [
    "a value between global affixes is not trimmed",
    variables(["a"], { prefixGlobal: "--x" }),
    { a: " v\t" },
    ["--x", " v\t"],
  ],
  ["a tab around an affix was meant", variables(["a"], { prefixVariable: "\t-x" }), { a: "v" }, ["\t-x", "v"]],
  [
    "but not between global affixes",
    variables(["a"], { prefixGlobal: "--g", prefixVariable: "\t-x" }),
    { a: "v" },
    ["--g", "-x", "v"],
  ],
  ["an affix of blanks is none", variables(["a"], { prefixGlobal: "  ", suffixVariable: "  " }), { a: "v" }, ["v"]],
  ["affixes may be null", variables(["a"], { prefixGlobal: null, isPrefixVariablePartOfArg: null }), { a: "v" }, ["v"]],
  [
    "keys of other variants count for nothing",
    { type: "word", word: "w", flag: "-f", variableNames: ["a"] },
    both,
    ["w"],
  ],
];

describe("an element of a command", () => {
  test.each(table)("%s", (_, json, given, expected) => {
    expect(tokens(json, given)).toEqual(expected);
  });

  test("a token knows whose value is in it", () => {
    const parsed = element(variables(["a"], { prefixGlobal: "--x" }));
    const owners = parsed.type === "jinja" ? [] : tokensOf(parsed, values({ a: "v" }));
    expect(owners).toEqual([
      { text: "--x", parameter: null },
      { text: "v", parameter: "a" },
    ]);
  });
});
