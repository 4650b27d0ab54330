import { expect, test } from "vitest";
import { EngineError } from "../../../runner/engine/engine.ts";
import { errorFields } from "../../../runner/log.ts";

test.each([
  ["a plain error", new Error("secret-value"), "Error"],
  ["one with a code", Object.assign(new Error("secret-value"), { code: "ENOENT" }), "Error:ENOENT"],
  ["one of another kind", new TypeError("secret-value"), "TypeError"],
  ["what is no error", "secret-value", "not an error"],
  ["nothing", null, "not an error"],
])("of %s its kind is logged, never its words", (_, error, kind) => {
  expect(errorFields(error)).toEqual({ error: kind });
});

test("an engine's error is named by its code, which is ours", () => {
  expect(errorFields(new EngineError({ code: "gpu_failed" })).error).toMatch(/^EngineError:.*gpu_failed/);
});
