/**
 * The doctor's look at the drives: each is mounted into a container and asked for its rights there, as the job's user,
 * because only so it shows what user namespaces, network file systems and parent folders make of them. Nothing is
 * written into a drive.
 */
import { join } from "node:path";
import { Drives } from "../drives/drives.ts";
import { EngineError } from "../engine/engine.ts";
import { parseJobsDir } from "../jobs-dir.ts";
import { REAL_TIMERS } from "../timers.ts";
import { UsageError } from "../usage-error.ts";
import type { Bench } from "./bench.ts";
import { QUIET } from "./engine.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";

/** Of the drives below `*`: the first few show what the others are like. */
const TRIED_OF_ALL = 3;
const UNREADABLE = 21;
const UNWRITABLE = 22;
const SCRIPT = `test -r /drive && test -x /drive && ls /drive > /dev/null || exit ${UNREADABLE}`;

export async function checkDrives(examination: Examination): Promise<Found[]> {
  const { settings } = examination.command;
  if (Object.keys(settings.drives).length === 0) {
    return [good("none, as set")];
  }
  const drives = await openDrives(examination);
  if (!(drives instanceof Drives)) {
    return [drives];
  }
  const missing = drives.status().flatMap(({ id, folder, trouble }) => {
    const advice = "Mount it or correct drives in the config file; jobs that use it go to other machines.";
    return trouble === null ? [] : [bad(`${id}: ${folder}: ${trouble}`, advice)];
  });
  return [...missing, ...(await tryDrives(examination, drives))];
}

async function openDrives({ command: { settings, stateDir }, engine }: Examination): Promise<Drives | Found> {
  const info = await engine.info().catch(() => null);
  try {
    const { base: jobsDir } = parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs"));
    const places = { jobsDir, stateDir, graphRoot: info?.graphRoot ?? null };
    return await Drives.open({ settings: settings.drives, places, timers: REAL_TIMERS, log: QUIET });
  } catch (error) {
    if (error instanceof UsageError) {
      return bad(error.message, "Change the setting in the config file.");
    }
    throw error;
  }
}

async function tryDrives(examination: Examination, drives: Drives): Promise<Found[]> {
  const bench = await examination.bench().catch(() => null);
  if (bench === null) {
    return [skipped("not tried from a container: there is none")];
  }
  const { settings } = examination.command;
  const served = drives.served().map(({ id }) => id);
  const named = served.filter((id) => Object.hasOwn(settings.drives, id));
  const others = served.filter((id) => !named.includes(id) && id !== "*").slice(0, TRIED_OF_ALL);
  const found: Found[] = [];
  for (const id of [...named, ...others]) {
    found.push(await tryDrive(id, drives, bench));
  }
  return found;
}

async function tryDrive(id: string, drives: Drives, bench: Bench): Promise<Found> {
  const { user, isRootless } = bench;
  const as = `${user.uid}:${user.gid}`;
  const how = isRootless ? `podman unshare chown ${as} FOLDER` : `chown ${as} FOLDER`;
  try {
    const mount = { drive: id, path: "", destination: "/drive", readOnly: false };
    const use = await drives.locate({ mounts: [mount] });
    const isReadOnly = use?.mounts.every(({ readOnly }) => readOnly);
    const script = isReadOnly ? SCRIPT : `${SCRIPT}; test -w /drive || exit ${UNWRITABLE}`;
    const { code } = await bench.run({ script, drives: use });
    switch (code) {
      case 0:
        return good(`${id}: usable as ${as}`);
      case UNREADABLE:
        return bad(
          `${id}: cannot be listed as ${as}`,
          `Give it to the job's user (${how}), or to a group and set gid.`,
        );
      case UNWRITABLE:
        return bad(`${id}: cannot be written as ${as}`, `As above (${how}), or set readOnly.`);
      default:
        return bad(`${id}: could not be tried`, "The container ended by itself: look at Podman's own log.");
    }
  } catch (error) {
    const code = error instanceof EngineError ? error.failure.code : "podman_failed";
    const advice =
      "Podman's own user must reach the folder; for network file systems see Drives in docs/operations.md.";
    return bad(`${id}: cannot be mounted (${code})`, advice);
  }
}
