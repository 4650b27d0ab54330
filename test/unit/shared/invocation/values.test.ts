/** Defaults, given values, and what each kind of parameter prints. */
import { describe, expect, test } from "vitest";
import { resolveValues } from "../../../../shared/invocation/values.ts";
import { declaration } from "./declared.ts";

const NO_FILES: ReadonlyMap<string, string> = new Map();

const options = [
  { name: "Low", value: "low" },
  { name: "high", value: "9" },
  { name: "9", value: "nine" },
];

/** The text of the parameter `p`, null without one, or the fault's key and sentence. */
function outcome(declared: Record<string, unknown>, given?: unknown): string | null {
  const resolved = resolveValues(
    [declaration({ name: "p", optional: true, ...declared })],
    given === undefined ? {} : { p: given },
    NO_FILES,
  );
  if (resolved.kind === "ok") {
    return resolved.values.get("p")?.text ?? null;
  }
  const { place, why } = resolved;
  return place.kind === "parameter" && place.name === "p" ? `${place.key}: ${why}` : "another place";
}

const defaults: [string, unknown, string | null][] = [
  ["text", "x", "x"],
  ["text", " x ", " x "],
  ["text", "", ""],
  ["text", { type: "text", value: "hello" }, "hello"],
  ["text", { value: "hello" }, "hello"],
  ["text", { type: "text" }, ""],
  ["text", 5, null],
  ["text", null, null],
  ["text", undefined, null],
  ["textarea", "a\nb", "a\nb"],
  ["integer", 5, "5"],
  ["integer", { type: "integer", value: 1_000_000 }, "1000000"],
  ["integer", { value: null }, "0"],
  ["integer", "5", null],
  ["integer", 1.5, null],
  ["floating_point", 0.1, "0.1"],
  ["floating_point", { value: 1e-7 }, "0.0000001"],
  ["boolean", true, "true"],
  ["boolean", { type: "boolean", value: false }, "false"],
  ["boolean", {}, "false"],
  ["boolean", "true", null],
  ["enumeration", "Low", "low"],
  ["enumeration", { type: "enumeration", value: "low" }, "low"],
  ["enumeration", "unlisted", "unlisted"],
  ["input_file", { type: "file", path: "/1/a" }, null],
  ["peer", "x", null],
];

const printed: [string, unknown, string][] = [
  ["text", " as it is ", " as it is "],
  ["integer", 1_000_000, "1000000"],
  ["integer", -5, "-5"],
  ["integer", 123_456_789, "123456789"],
  ["floating_point", 1.0, "1"],
  ["floating_point", 1e7, "10000000"],
  ["floating_point", 1e21, "1000000000000000000000"],
  ["floating_point", -1.5e-9, "-0.0000000015"],
  ["boolean", true, "true"],
  ["boolean", false, "false"],
];

describe("defaults", () => {
  test.each(defaults)("of a %s parameter, written %j, is %j", (type, defaultValue, expected) => {
    expect(outcome({ type, defaultValue, options })).toBe(expected);
  });

  test("give way to a value", () => {
    expect(outcome({ type: "integer", defaultValue: 3 }, { type: "integer", value: 4 })).toBe("4");
  });

  test("satisfy a required parameter", () => {
    expect(outcome({ type: "integer", optional: false, defaultValue: 3 })).toBe("3");
  });

  test("hold against a value that is null", () => {
    expect(outcome({ type: "integer", defaultValue: 3 }, null)).toBe("3");
  });
});

describe("a given value", () => {
  test.each(printed)("%s %j is printed %j", (type, value, expected) => {
    expect(outcome({ type }, { type, value })).toBe(expected);
  });

  test("of a boolean is the application's own word where it has one", () => {
    const declared = { type: "boolean", trueValue: "yes", falseValue: "" };
    expect(outcome(declared, { type: "boolean", value: true })).toBe("yes");
    expect(outcome(declared, { type: "boolean", value: false })).toBe("false");
  });

  test.each([
    ["Low", "low"],
    ["low", "low"],
    ["9", "nine"],
    ["nine", "nine"],
  ])("%s of an enumeration is %s", (value, expected) => {
    expect(outcome({ type: "enumeration", options }, { type: "text", value })).toBe(expected);
  });

  test("of a text area may have either type", () => {
    expect(outcome({ type: "textarea" }, { type: "text", value: "a" })).toBe("a");
    expect(outcome({ type: "textarea" }, { type: "textarea", value: "a" })).toBe("a");
  });

  test("that nobody declared is ignored, whatever it is", () => {
    const declared = [declaration({ type: "text", name: "p", optional: true })];
    const given = { ucMetricSampleRate: { type: "text", value: "0ms" }, _injected_x: 5, constructor: null };
    expect(resolveValues(declared, given, NO_FILES)).toEqual({ kind: "ok", values: new Map() });
  });
});

test.each(["constructor", "toString", "__proto__"])("a parameter may be called %s", (name) => {
  const declared = [declaration({ type: "text", name, optional: true })];
  expect(resolveValues(declared, {}, NO_FILES)).toEqual({ kind: "ok", values: new Map() });
});

const enumeration = { type: "enumeration", options };
const refused: [string, Record<string, unknown>, unknown, string][] = [
  ["a text for an integer", { type: "integer" }, { type: "text", value: "5" }, "type: "],
  ["a half for an integer", { type: "integer" }, { type: "integer", value: 1.5 }, "value: "],
  ["an integer that JSON cannot hold", { type: "integer" }, { type: "integer", value: 2 ** 53 }, "value: "],
  ["a text in a number", { type: "floating_point" }, { type: "floating_point", value: "0.5" }, "value: "],
  ["infinity", { type: "floating_point" }, { type: "floating_point", value: Number.POSITIVE_INFINITY }, "value: "],
  ["a text in a boolean", { type: "boolean" }, { type: "boolean", value: "x" }, "value: "],
  ["a text without a value", { type: "text" }, { type: "text", value: null }, "value: "],
  ["a number in a text", { type: "text" }, { type: "text", value: 5 }, "value: "],
  ["a bare value", { type: "text" }, "x", "null: "],
  ["a NUL", { type: "text" }, { type: "text", value: "a\0b" }, "value: The text contains a NUL"],
  [
    "below the minimum",
    { type: "integer", min: 0 },
    { type: "integer", value: -1 },
    "value: The value must be at least 0",
  ],
  [
    "above the maximum",
    { type: "floating_point", max: 5 },
    { type: "floating_point", value: 5.1 },
    "value: The value must be at most 5",
  ],
  ["no option", enumeration, { type: "text", value: "?" }, "value: The value must be one of: Low, high, 9."],
  [
    "an option without options",
    { type: "enumeration" },
    { type: "text", value: "?" },
    "value: The application offers no",
  ],
  ["a peer", { type: "peer" }, { type: "peer", jobId: "1", hostname: "a" }, "null: Jobs"],
  ["a kind from the future", { type: "hologram" }, { type: "hologram" }, "null: Parameters of this kind"],
  ["nothing for a required text", { type: "text", optional: false }, undefined, "null: The application requires"],
  ["null for a required text", { type: "text", optional: false }, null, "null: The application requires"],
  ["nothing for a required folder", { type: "input_directory", optional: false }, undefined, "null: The application"],
];

describe("a fault names the parameter", () => {
  test.each(refused)("%s", (_, declared, given, expected) => {
    expect(outcome(declared, given)).toMatch(new RegExp(`^${expected.replaceAll("?", "\\?")}`));
  });
});

test.each(["input_file", "peer", "license_server", "modules", "hologram", "readme"])(
  "an optional %s that is not given hurts nobody",
  (type) => {
    expect(outcome({ type })).toBe(null);
  },
);
