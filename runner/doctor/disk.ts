/** Whether there is room for jobs, for their images and for the journal, and whether one can take the room of another. */
import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseJobsDir } from "../jobs-dir.ts";
import { REAL_TIMERS, within } from "../timers.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, note } from "./finding.ts";

const GIBIBYTE = 2 ** 30;
/** One that hangs is a finding. */
const MEASURE_MS = 5_000;
/** An image of many small files takes as much. */
const FEW_INODES = 100_000;

type Space = { free: number; inodes: { all: number; free: number } };

export async function checkDisk(examination: Examination): Promise<Found[]> {
  const { settings } = examination.command;
  const found: Found[] = [];
  for (const [folder, uses] of await fileSystems(examination)) {
    const measured = await within(REAL_TIMERS, MEASURE_MS, measure(folder));
    const where = `in ${folder} (${uses.join(", ")})`;
    found.push(
      measured.in === "time"
        ? judge(measured.value, where, settings["min-free-disk"])
        : bad(`no answer ${where}`, "A network file system that hangs: mount it again."),
    );
  }
  return found;
}

/** Pure. Some file systems make inodes as they need them and count none. */
export function judge({ free, inodes }: Space, where: string, minFreeBytes: number): Found {
  const share = inodes.all === 0 ? "" : `, ${Math.floor((100 * inodes.free) / inodes.all)} % of the inodes,`;
  const found = `${(free / GIBIBYTE).toFixed(1)} GiB${share} free ${where}`;
  if (free < minFreeBytes) {
    return bad(found, "Below min-free-disk no job is taken: free some, or lower it.");
  }
  if (inodes.all === 0 || inodes.free >= FEW_INODES) {
    return good(found);
  }
  const advice =
    "No file can be made without an inode: remove what has many small files, or make the file system anew.";
  return inodes.free === 0 ? bad(found, advice) : note(found, advice);
}

/** The journal keeps room for itself, but not for ever. */
export async function checkStateFolder({ command }: Examination): Promise<Found[]> {
  const { stateDir } = command;
  const isShared = deviceOf(stateDir) === deviceOf(jobsFolder(command));
  const advice = "A job that fills it takes the journal's room too: give the state folder one of its own.";
  return [
    isShared
      ? note(`${stateDir} shares its file system with jobs`, advice)
      : good(`${stateDir} has a file system of its own`),
  ];
}

/** One folder of each, and what lies there. */
async function fileSystems({ command, engine }: Examination): Promise<[string, string[]][]> {
  const info = await engine.info().catch(() => null);
  const places: [string, string][] = [
    ["jobs", jobsFolder(command)],
    ["state", command.stateDir],
    ...(info === null ? [] : [["images", info.graphRoot] satisfies [string, string]]),
  ];
  const byDevice = new Map<number, [string, string[]]>();
  for (const [use, folder] of places) {
    const known = byDevice.get(deviceOf(folder));
    if (known === undefined) {
      byDevice.set(deviceOf(folder), [existing(folder), [use]]);
    } else {
      known[1].push(use);
    }
  }
  return [...byDevice.values()];
}

async function measure(folder: string): Promise<Space> {
  const { bavail, bsize, files, ffree } = await statfs(folder);
  return { free: bavail * bsize, inodes: { all: files, free: ffree } };
}

function jobsFolder({ settings, stateDir }: Examination["command"]): string {
  return parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs")).base;
}

function deviceOf(folder: string): number {
  return statSync(existing(folder)).dev;
}

/** What is missing is made where its parent is. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}
