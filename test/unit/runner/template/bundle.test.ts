/** The shipped runner is one file: it renders by running itself, wherever it lies. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { childCommand } from "../../../../runner/template/child-command.ts";
import { createRenderer } from "../../../../runner/template/render.ts";
import { REAL_TIMERS } from "../../../../runner/timers.ts";
import { aRequest } from "../../../support/template.ts";

const PROJECT = new URL("../../../..", import.meta.url);
const PATIENCE_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), "ucloud bundle-"));
const bundle = join(folder, "runner.mjs");

beforeAll(() => {
  execFileSync(process.execPath, ["scripts/build.ts", bundle], { cwd: PROJECT });
}, PATIENCE_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the bundle renders a template in a process of its own", { timeout: PATIENCE_MS }, async () => {
  const command = childCommand(pathToFileURL(bundle).href);
  expect(command.args).toContain(bundle);
  const render = createRenderer(REAL_TIMERS, command);
  const { signal } = new AbortController();
  const request = aRequest('acme {{ on|flag("--on") }} {{ v }}\n', { on: true, v: "it's" });
  const text = "#!/usr/bin/env bash\nacme '--on' 'it'\"'\"'s'\n";
  expect(await render(request, signal)).toEqual({ is: "script", text });
  const fault = { code: "template_failed", detail: "line 2: unknown filter: filter nothing is unknown" };
  expect(await render(aRequest("\n{{ v|nothing }}"), signal)).toEqual({ is: "failed", failure: fault });
});
