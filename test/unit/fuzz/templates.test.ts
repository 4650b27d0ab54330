/** Templates nobody would write, in the real renderer's process: a script or a sentence, in bounded time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRenderer } from "../../../runner/template/render.ts";
import { REAL_TIMERS } from "../../../runner/timers.ts";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { hostileText } from "../../support/fuzz/hostile.ts";
import { aRequest } from "../../support/template.ts";

const TAGS = [
  "{{ v }}",
  "{{ v|safe }}",
  "{% for i in range(9) %}",
  "{% endfor %}",
  "{% if v %}",
  "{% endif %}",
  "{{",
  "%}",
];
const EXPRESSIONS = ["v.__class__", "ucloud|string", "v|option('-x')", "self", "v[99]", "v * 9", "1 / 0", "loop"];
const template = fc
  .array(fc.oneof(fc.constantFrom(...TAGS, ...EXPRESSIONS.map((text) => `{{ ${text} }}`)), hostileText), {
    maxLength: 12,
  })
  .map((parts) => parts.join(" "));

test("every template ends as a script or in a sentence", { timeout: 120_000 }, async () => {
  const render = createRenderer(REAL_TIMERS);
  await fc.assert(
    fc.asyncProperty(template, hostileText, async (text, v) => {
      const rendered = await render(aRequest(text, { v }), new AbortController().signal);
      if (rendered.is === "failed") {
        expect(rendered.failure.code).toBe("template_failed");
        expect(rendered.failure.detail).not.toMatch(/\bat \S+:\d|\.ts\b|node_modules|wasm/);
      } else {
        expect(rendered.text).not.toContain("\0");
      }
    }),
    fuzzingOf(process.env, 10),
  );
});
