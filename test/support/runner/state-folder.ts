/** A state folder that is gone when the test has finished. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export function aStateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ucloud-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
