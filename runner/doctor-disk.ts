/** Whether there is room for jobs, and whether jobs can take the room of the journal. */
import { existsSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./commands/command.ts";
import type { Finding } from "./doctor.ts";

const GIBIBYTE = 2 ** 30;

export async function checkDisk({ settings, stateDir }: Command): Promise<Finding[]> {
  const jobs = (settings["jobs-dir"] ?? join(stateDir, "jobs")).split("{")[0] ?? "/";
  const folder = [jobs, stateDir, "/"].find((path) => existsSync(path)) ?? "/";
  const { bavail, bsize, ffree } = statfsSync(folder);
  const found = `${((bavail * bsize) / GIBIBYTE).toFixed(1)} GiB free in ${folder}`;
  const isEnough = bavail * bsize >= settings["min-free-disk"] && ffree !== 0;
  const advice = isEnough ? "" : "Below min-free-disk no job is taken: free some, or lower it.";
  return [{ check: "disk", ok: isEnough, found, advice }, stateFolder(stateDir, folder)];
}

/** The journal keeps room for itself, but not for ever. */
function stateFolder(stateDir: string, jobsFolder: string): Finding {
  const isShared = existsSync(stateDir) && statSync(stateDir).dev === statSync(jobsFolder).dev;
  return {
    check: "state-folder",
    ok: true,
    found: isShared ? `${stateDir} shares its file system with jobs` : `${stateDir} has a file system of its own`,
    advice: isShared ? "A job that fills it takes the journal's room too: give the state folder one of its own." : "",
  };
}
