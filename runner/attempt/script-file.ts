/**
 * The script that was made from a template: beside `work/`, where the program cannot change it, and at a fixed place in
 * the container. One for each attempt, as the log.
 */
import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Ref } from "../../shared/ids.ts";
import type { JobFolder } from "./job-folder.ts";

export type ScriptFile = { source: string; destination: string };

export function scriptFile({ folder }: JobFolder, { attempt, rank }: Ref): ScriptFile {
  return { source: join(folder, `script-${attempt}-${rank}.sh`), destination: `/etc/ucloud/script-${rank}.sh` };
}

/** As a whole or not at all. Throws the system's error (with its `code`). */
export async function writeScript({ source }: ScriptFile, text: string): Promise<void> {
  const unfinished = `${source}.new`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(unfinished, flags, 0o644);
  try {
    // The runner's umask may have taken from it what the job's user needs.
    await file.chmod(0o644);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(unfinished, source);
}
