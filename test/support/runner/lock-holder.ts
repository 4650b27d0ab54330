/** Another process that holds a state folder's lock, as a runner at work does. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Child } from "../child.ts";
import { NODE, PROJECT } from "./cli.ts";

export async function aLockHolder(folder: string): Promise<Child> {
  const module = JSON.stringify(join(PROJECT, "runner/state-lock.ts"));
  const script = `const { lockStateFolder } = await import(${module});
    lockStateFolder(${JSON.stringify(folder)}); console.log("held"); setInterval(() => {}, 1000);`;
  const child = new Child(NODE, ["--input-type=module", "--eval", script], { cwd: PROJECT, env: {} });
  onTestFinished(() => child.kill());
  await child.line((line) => line === "held");
  return child;
}
