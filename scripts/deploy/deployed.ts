/** What was last deployed from a site's file: a record beside it, for the next deploy to compare with. No secrets. */
import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod/mini";
import { varsSchema } from "../../worker/vars.ts";
import type { Deployed } from "./settings-diff.ts";

const deployedSchema = z.object({ name: z.string(), vars: varsSchema });

const recordOf = (siteFile: string) => `${siteFile}.deployed.json`;

/** Undefined: nothing was deployed from this file, or by a version whose record says nothing to this one. */
export function readDeployed(siteFile: string): Deployed | undefined {
  let text: string;
  try {
    text = readFileSync(recordOf(siteFile), "utf8");
  } catch {
    return undefined;
  }
  return deployedSchema.safeParse(JSON.parse(text)).data;
}

export function writeDeployed(siteFile: string, deployed: Deployed): void {
  writeFileSync(recordOf(siteFile), `${JSON.stringify(deployed, null, 2)}\n`);
}
