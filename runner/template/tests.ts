/**
 * Tests that UCloud adds: `x is match("…")`, of the whole text, and `x is search("…")`, anywhere in it. And one that it
 * reads otherwise than Jinja: what is undefined is none as well, so `is not none` asks for a value.
 */
import { DialectError } from "./dialect-error.ts";
import type { Callback } from "./filters.ts";
import { toRegExp } from "./regex.ts";

export const TESTS: Readonly<Record<string, Callback>> = {
  match: (value, ...given) => matches("match", value, given),
  none: (value) => value === undefined || value === null,
  search: (value, ...given) => matches("search", value, given),
};

function matches(name: "match" | "search", value: unknown, given: readonly unknown[]): boolean {
  const [pattern, named] = given;
  const isNamed = named === undefined || named instanceof Map;
  if (typeof pattern !== "string" || !isNamed || given.length > 2) {
    throw new DialectError(`the test ${name} takes one pattern`);
  }
  if (typeof value !== "string") {
    throw new DialectError(`the test ${name} looks at texts only`);
  }
  const flags = { ignoreCase: isOn(name, named, "ignorecase"), multiline: isOn(name, named, "multiline") };
  return toRegExp(pattern, { ...flags, whole: name === "match" }).test(value);
}

function isOn(test: string, named: ReadonlyMap<unknown, unknown> | undefined, option: string): boolean {
  const given = named?.get(option) ?? false;
  if (typeof given !== "boolean") {
    throw new DialectError(`${option} of the test ${test} is true or false`);
  }
  return given;
}
